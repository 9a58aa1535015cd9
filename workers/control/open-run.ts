import type { JsonValue } from '../../ir/json.ts';
import type { OpenedRun, RunOpening, RunRequest } from '../../ir/protocol/run-request.ts';
import { DEFAULT_PRIORITY, NO_LIMIT, pipelinePool, QUEUE_PREFIX } from '../../ir/protocol/slots.ts';
import { TaskFailed } from '../../ir/protocol/task-failure.ts';
import { registeredIn } from '../../ir/references.ts';
import type { MetadataStore } from '../../store/metadata/metadata-store.ts';
import type { Pool } from '../../store/metadata/pool-table.ts';
import type { ModelVersion } from '../../store/metadata/registry-table.ts';
import type { CompiledPipelines } from '../compiled-pipelines.ts';
import { takeSlots } from './take-slots.ts';

/** Begins a run unless its pipeline has as many under way as it may: then it stays pending and has to ask again. */
export async function openRun(
  request: RunRequest,
  metadata: MetadataStore,
  compiled: CompiledPipelines,
): Promise<RunOpening> {
  const { ir } = await compiled.get(request.compiledDigest);
  if (!(await mayBegin(request, ir.maxRuns ?? null, metadata))) return { kind: 'waits' };
  return { kind: 'opened', ...(await beginRun(request, metadata, compiled)) };
}

/** Marks a run as begun and resolves, once, what it starts from. */
export async function beginRun(
  request: RunRequest,
  metadata: MetadataStore,
  compiled: CompiledPipelines,
): Promise<OpenedRun> {
  const pipeline = await compiled.get(request.compiledDigest);
  await metadata.runs.start(request.runId, Date.now());
  const run = await metadata.runs.outline(request.runId);
  if (run?.status !== 'running') throw notOpen(request.runId, run?.status ?? 'missing');
  const registered: Record<string, JsonValue> = {};
  for (const [key, binding] of registeredIn(pipeline.ir)) {
    const version = await findVersion(metadata, binding.model, binding.selector);
    if (!version && !binding.optional) throw noSuchVersion(binding.model, binding.selector);
    registered[key] = version?.artifact ?? null;
  }
  return { compiled: pipeline, registered, limitedQueues: limitedQueues(await metadata.pools.sizes()) };
}

/** As long as a run may be under way; that it is over shows in the store long before. */
const LONGEST_RUN_MS = 10 * 365 * 86_400_000;

async function mayBegin(
  { project, runId, pipeline, priority }: RunRequest,
  maxRuns: number | null,
  metadata: MetadataStore,
): Promise<boolean> {
  const pool = pipelinePool(pipeline);
  if (maxRuns === null && !(await metadata.pools.sizes()).some(({ name }) => name === pool)) return true;
  const run = await metadata.runs.outline(runId);
  if (run?.status !== 'pending' && run?.status !== 'running') throw notOpen(runId, run?.status ?? 'missing');
  const wanted = {
    task: { project, runId, pipeline, path: '' },
    demands: [{ pool, slots: 1, ownSize: maxRuns ?? NO_LIMIT }],
    ...{ priority: priority ?? DEFAULT_PRIORITY, workflowId: run.workflowId, holdsMs: LONGEST_RUN_MS },
  };
  return (await takeSlots(wanted, metadata.pools, Date.now())).kind === 'granted';
}

function limitedQueues(pools: readonly Pool[]): readonly string[] {
  return pools.filter(({ name }) => name.startsWith(QUEUE_PREFIX)).map(({ name }) => name.slice(QUEUE_PREFIX.length));
}

async function findVersion(metadata: MetadataStore, model: string, selector: string): Promise<ModelVersion | null> {
  const number = /^v(\d+)$/.exec(selector)?.[1];
  if (number) return metadata.registry.version(model, Number(number));
  const alias = await metadata.registry.alias(model, selector);
  return alias && metadata.registry.version(model, alias.version);
}

/** A run that was cancelled before it started, for instance: it must not promote what nobody sees. */
function notOpen(runId: string, status: string): TaskFailed {
  const message = `Run ${runId} is ${status} in the store and is not begun. Submit the pipeline again.`;
  return new TaskFailed({ kind: 'environment', name: 'RunNotOpen', message, stack: null, retryable: false });
}

function noSuchVersion(model: string, selector: string): TaskFailed {
  return new TaskFailed({
    kind: 'environment',
    name: 'NoSuchVersion',
    message:
      `Model '${model}' has no '${selector}' yet. Promote a version first, ` +
      `or write registered('${model}@${selector}', { optional: true }) and expect null.`,
    stack: null,
    retryable: false,
  });
}
