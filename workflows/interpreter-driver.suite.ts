import { compile, type PipelineDefinition } from '../dsl/index.ts';
import type { CompiledPipeline } from '../ir/compiled-pipeline.ts';
import { digestOfJson } from '../ir/digest.ts';
import type { JsonObject, JsonValue } from '../ir/json.ts';
import type { RunOutcome } from '../ir/protocol/run-request.ts';
import type { Transition } from '../ir/protocol/transition.ts';
import type { NotifyRequest } from './execution-port.ts';

/** What a handler knows beside its input. */
export interface TestCall {
  readonly attempt: number;
  readonly signal: AbortSignal;
  /** Of a replica. */
  readonly rank?: number | undefined;
}

/** A step's work in these tests. Throwing an error named `Final` is not tried again. */
export type TestHandler = (input: JsonObject, call: TestCall) => unknown;

export interface InterpreterRun {
  readonly outcome: RunOutcome;
  readonly transitions: readonly Transition[];
}

/** What has been recorded so far. */
export type Seen = () => readonly Transition[];

export interface RunOptions {
  readonly params?: JsonObject;
  readonly handlers: Readonly<Record<string, TestHandler>>;
  readonly registered?: Readonly<Record<string, JsonValue>>;
  /** Answers approvals by path; an approval that is not named here times out. */
  readonly decisions?: Readonly<Record<string, { approved: boolean; by: string; form: JsonValue }>>;
  /** Takes what the pipeline tells people. What it throws fails the task. */
  readonly onMessage?: (message: NotifyRequest) => void;
  /** Cancels the run when this step has been started. */
  readonly cancelOn?: string;
  /** Stops the cancelled run hard when this step has been started. */
  readonly stopHardOn?: string;
  /** Slots of pools. */
  readonly pools?: Readonly<Record<string, number>>;
  /** Pauses the run when the step has been started, and lets it go on once `meanwhile` has seen what it waits for. */
  readonly pauseOn?: { readonly step: string; readonly meanwhile: (seen: Seen) => Promise<void> };
}

/** One way of driving the interpreter. */
export interface InterpreterDriver {
  run(compiled: CompiledPipeline, options: RunOptions): Promise<InterpreterRun>;
  close(): Promise<void>;
}

/** Wraps a pipeline as `millrace compile` would, with no code beside it. */
export function compiledOf(pipeline: PipelineDefinition): CompiledPipeline {
  const { ir } = compile(pipeline);
  const code = Object.fromEntries(Object.keys(ir.steps).map((step) => [step, { kind: 'none' as const }]));
  return { millrace: 1, ir, irDigest: digestOfJson(ir), code, packages: {} };
}
