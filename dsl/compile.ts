import { canonicalJson } from '../ir/json.ts';
import { IR_VERSION, type PipelineIR } from '../ir/pipeline-ir.ts';
import { pipelineSchema } from '../ir/schema.ts';
import { CompileError } from './compile-error.ts';
import { declareTriggers } from './declare-trigger.ts';
import { partitionsOf } from './partitions.ts';
import type { PipelineDefinition } from './pipeline.ts';
import { recordGraph } from './record-graph.ts';
import type { Compilation } from './recorder.ts';
import { scheduleOf } from './schedule.ts';
import type { StepDefinition } from './step.ts';

/** A pipeline as data, and the steps that it calls by name: their code is packaged beside it. */
export interface Compiled {
  readonly ir: PipelineIR;
  readonly steps: ReadonlyMap<string, StepDefinition>;
}

/**
 * Compiles a pipeline by running its body once. The same pipeline gives the same bytes every time.
 *
 * @throws CompileError naming the pipeline, the task and what to write instead.
 */
export function compile(pipeline: PipelineDefinition): Compiled {
  const compilation: Compilation = {
    steps: new Map(),
    pipelines: new Map(),
    queues: new Set(),
    secrets: new Map(),
    underWay: [],
  };
  const { name, description, schedule, triggers, partitions: declared, maxRuns } = pipeline.options;
  const partitions = declared ? partitionsOf(name, declared) : null;
  if (maxRuns !== undefined && !(Number.isInteger(maxRuns) && maxRuns >= 1)) {
    throw new CompileError('settings', `Pipeline '${name}': maxRuns is ${maxRuns}; it counts runs: 1 or more, whole.`);
  }
  const { graph, onExit } = recordGraph(pipeline, compilation, null);
  const ir: PipelineIR = {
    irVersion: IR_VERSION,
    ...graph,
    description: description ?? null,
    steps: byName(compilation.steps, (step) => step.contract),
    pipelines: byName(compilation.pipelines, (called) => called.graph),
    onExit,
    schedule: schedule ? scheduleOf(name, schedule, graph.params, partitions) : null,
    partitions,
    ...(triggers?.length ? { triggers: declareTriggers(triggers, { ...graph, partitions }, compilation) } : {}),
    ...(maxRuns === undefined ? {} : { maxRuns }),
  };
  return { ir: read(name, ir), steps: compilation.steps };
}

/** The pipeline's IR alone. */
export function compilePipeline(pipeline: PipelineDefinition): PipelineIR {
  return compile(pipeline).ir;
}

function byName<T, U>(entries: ReadonlyMap<string, T>, pick: (entry: T) => U): Readonly<Record<string, U>> {
  return Object.fromEntries(
    [...entries].sort(([a], [b]) => (a < b ? -1 : 1)).map(([name, entry]) => [name, pick(entry)]),
  );
}

/** What is compiled is what a reader of the file will get: plain, complete, and cut off from the caller's objects. */
function read(name: string, ir: PipelineIR): PipelineIR {
  const parsed = pipelineSchema.safeParse(JSON.parse(canonicalJson(ir)));
  if (parsed.success) return deepFreeze(parsed.data);
  const issue = parsed.error.issues[0];
  throw new CompileError('badValue', `Pipeline '${name}': ${issue?.path.join('.')} cannot be kept: ${issue?.message}.`);
}

function deepFreeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null && !Object.isFrozen(value)) {
    Object.freeze(value);
    for (const part of Object.values(value)) deepFreeze(part);
  }
  return value;
}
