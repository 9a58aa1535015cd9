import type { JsonValue } from '../../ir/json.ts';
import type { OpenedRun, RunRequest } from '../../ir/protocol/run-request.ts';
import { TaskFailed } from '../../ir/protocol/task-failure.ts';
import { registeredIn } from '../../ir/references.ts';
import type { MetadataStore } from '../../store/metadata/metadata-store.ts';
import type { ModelVersion } from '../../store/metadata/registry-table.ts';
import type { CompiledPipelines } from '../compiled-pipelines.ts';

/** Marks a run as begun and resolves, once, what it starts from. */
export async function openRun(
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
  return { compiled: pipeline, registered };
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
