import { MetadataError, type MetadataStore } from '../../store/metadata/metadata-store.ts';
import { isSameTraffic } from '../../workflows/canary-traffic.ts';
import type { RolloutPort, SetTrafficRequest, TrafficOutcome } from '../../workflows/rollout-port.ts';

/** What a rollout asks of the store; its waiting is its driver's. */
export type RolloutActivities = Omit<RolloutPort, 'sleep' | 'now'>;

/** A rollout's activities over one project's metadata. Each ends the same when it is delivered twice. */
export function rolloutActivities(metadata: MetadataStore): RolloutActivities {
  const { registry, endpoints } = metadata;
  return {
    addVersion: ({ model, artifact, evidence, author }) =>
      registry.addVersion({
        model,
        artifact,
        evidence,
        runId: author.runId,
        taskPath: author.taskPath,
        createdBy: author.by,
      }),
    endpoint: (name) => endpoints.get(name),
    setTraffic: (request) => setTraffic(metadata, request),
    replicasApplied: async (endpoint) => {
      const replicas = await endpoints.liveReplicas(Date.now());
      return replicas.map(({ id, applied }) => ({
        replica: id,
        generation: applied[endpoint]?.generation ?? 0,
        error: applied[endpoint]?.error ?? null,
      }));
    },
    moveAlias: async ({ model, alias, version, reason, evidence, author }) => {
      await registry.moveAlias({ model, alias, to: version, by: author.by, reason, runId: author.runId, evidence });
    },
  };
}

async function setTraffic(metadata: MetadataStore, request: SetTrafficRequest): Promise<TrafficOutcome> {
  const { endpoint: name, traffic, expectedGeneration, by } = request;
  try {
    const endpoint = await metadata.endpoints.set({ name, traffic, updatedBy: by }, expectedGeneration);
    return { kind: 'set', endpoint };
  } catch (error) {
    if (!(error instanceof MetadataError) || error.kind !== 'conflict') throw error;
    const current = await metadata.endpoints.get(name);
    // The answer to a first delivery was lost: the change that stands in the way is this one.
    const ours = current?.updatedBy === by && current.generation > expectedGeneration;
    if (ours && isSameTraffic(current.traffic, traffic)) {
      return { kind: 'set', endpoint: current };
    }
    return { kind: 'conflict', current };
  }
}
