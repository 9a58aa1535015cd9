import { canonicalJson, isJsonObject } from '../../ir/json.ts';
import type { Promotion } from '../../ir/nodes/promote-node.ts';
import { MetadataError, type MetadataStore } from '../../store/metadata/metadata-store.ts';
import { isSameTraffic } from '../../workflows/canary-traffic.ts';
import type {
  AddedVersion,
  AddVersionRequest,
  AliasOutcome,
  MoveAliasRequest,
  RolloutPort,
  SetTrafficRequest,
  TrafficOutcome,
} from '../../workflows/rollout-port.ts';

/** What a rollout asks of the store; its waiting is its driver's. */
export type RolloutActivities = Omit<RolloutPort, 'sleep' | 'now'>;

/** A rollout's activities over one project's metadata. Each ends the same when it is delivered twice. */
export function rolloutActivities(metadata: MetadataStore): RolloutActivities {
  const { endpoints } = metadata;
  return {
    standing: (model, alias) => metadata.registry.standing(model, alias),
    addVersion: (request) => addVersion(metadata, request),
    endpoint: (name) => endpoints.get(name),
    setTraffic: (request) => setTraffic(metadata, request),
    replicasApplied: async (endpoint) => {
      const replicas = await endpoints.liveReplicas(Date.now());
      return replicas.map(({ id, applied, leaseUntil }) => ({
        replica: id,
        generation: applied[endpoint]?.generation ?? 0,
        error: applied[endpoint]?.error ?? null,
        leaseUntil,
      }));
    },
    moveAlias: (request) => moveAlias(metadata, request),
  };
}

async function addVersion(metadata: MetadataStore, request: AddVersionRequest): Promise<AddedVersion> {
  const { model, artifact, evidence, author } = request;
  const { runId, taskPath, by: createdBy } = author;
  const earlier = await earlierPromotion(metadata, request);
  const { version } = await metadata.registry.addVersion({ model, artifact, evidence, runId, taskPath, createdBy });
  return { version, earlier };
}

/** That of the nearest of the runs before. One that was rolled back is no work to keep: a retry tries it again. */
async function earlierPromotion(
  { runs, tasks }: MetadataStore,
  { input, author }: AddVersionRequest,
): Promise<Promotion | null> {
  const retried = (await runs.retriedBy(author.runId)).map(({ id }) => id);
  const done = await tasks.doneIn(retried, author.taskPath);
  const nearest = retried.find((id) => done.has(id));
  const task = nearest === undefined ? null : await tasks.get(nearest, author.taskPath);
  if (task?.kind !== 'promote' || task.status !== 'succeeded') return null;
  const { output } = task;
  const stands = isJsonObject(output) && output.status === 'promoted';
  return stands && canonicalJson(task.input) === canonicalJson(input) ? (output as Promotion) : null;
}

async function moveAlias({ registry, endpoints }: MetadataStore, request: MoveAliasRequest): Promise<AliasOutcome> {
  const { model, alias, version: to, expected, endpoint, reason, evidence, author } = request;
  const { runId, by } = author;
  try {
    await registry.moveAlias({ model, alias, to, expected, endpoint, by, reason, runId, evidence });
    return { kind: 'moved' };
  } catch (error) {
    if (!(error instanceof MetadataError) || error.kind !== 'conflict') throw error;
    // The answer to a first delivery was lost, or it was stopped for long and this one moved the alias in its place.
    // Whoever moved it since meant it; a delivery comes soon after the other, so the newest page has the move.
    const { items } = await registry.history(model);
    const isOurs = items.some((move) => {
      return move.alias === alias && move.to === to && move.by === by && move.runId === runId;
    });
    if (isOurs) return { kind: 'moved' };
    const [{ version }, current] = await Promise.all([
      registry.standing(model, alias),
      endpoint && endpoints.get(endpoint.name),
    ]);
    return { kind: 'conflict', version, current };
  }
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
