import type { ArtifactStore } from '../../store/artifacts/artifact-store.ts';
import type { Endpoint, TrafficShare } from '../../store/metadata/endpoint-table.ts';
import type { MetadataStore } from '../../store/metadata/metadata-store.ts';
import type { AspiredEndpoint, AspiredShare } from './aspired-endpoint.ts';

interface Stores {
  readonly metadata: MetadataStore;
  readonly artifacts: ArtifactStore;
}

/**
 * Brings the artifacts of an endpoint's versions to this machine.
 *
 * @throws Error naming the version that is not in the registry, or whose artifact is missing or corrupt.
 */
export async function resolveEndpoint(stores: Stores, endpoint: Endpoint): Promise<AspiredEndpoint> {
  const { name, generation, updatedAt, traffic } = endpoint;
  const shares = await Promise.all(traffic.map((share) => resolveShare(stores, share)));
  return { name, generation, updatedAt, shares };
}

async function resolveShare({ metadata, artifacts }: Stores, share: TrafficShare): Promise<AspiredShare> {
  const { model, version, percent } = share;
  const registered = await metadata.registry.version(model, version);
  if (!registered) throw new Error(`${model} v${version} is not in the registry of project ${metadata.project}.`);
  const path = await artifacts.fetch(registered.artifact);
  return { model, version, percent, digest: registered.artifact.digest, path };
}
