import type { z } from 'zod';
import type { StepContract } from '../ir/step-contract.ts';
import type { CallOptions } from './call-options.ts';
import type { Ref } from './ref.ts';
import type { TaskContext } from './task-context.ts';
import type { Wired } from './wired.ts';

export const STEP: unique symbol = Symbol.for('millrace.step');

/** What a handler is called with: the parsed input, and the outside world. */
export interface HandlerCall<Input> {
  readonly input: Input;
  readonly task: TaskContext;
}

/** A step's code. Its output is parsed with the contract's schema before it leaves the worker. */
export type Handler<In extends z.ZodObject, Out extends z.ZodObject> = (
  call: HandlerCall<z.output<In>>,
) => z.input<Out> | Promise<z.input<Out>>;

/** A handler as a worker sees it, which has parsed the input by the contract. A method, to be compared loosely. */
export type AnyHandler = { handle(call: HandlerCall<unknown>): unknown }['handle'];

/** A step: its contract as data, its schemas as zod, and its code where it is written in TypeScript. */
export interface StepDefinition {
  readonly [STEP]: true;
  readonly contract: StepContract;
  readonly inputSchema: z.ZodObject;
  readonly outputSchema: z.ZodObject;
  readonly handler: AnyHandler | undefined;
}

/** A step that pipelines can call. The call records a task and gives a Ref to its output. */
export interface Step<In extends z.ZodObject, Out extends z.ZodObject> extends StepDefinition {
  (input: Wired<z.input<In>>, options?: CallOptions): Ref<z.output<Out>>;
  readonly inputSchema: In;
  readonly outputSchema: Out;
}

/** A step with a handler, which a test may call: `step.handler({ input, task })`. */
export interface HandledStep<In extends z.ZodObject, Out extends z.ZodObject> extends Step<In, Out> {
  readonly handler: Handler<In, Out>;
}

/** Told by brand, for a pipeline file may load a second copy of this module. */
export function isStep(value: unknown): value is StepDefinition {
  return typeof value === 'function' && STEP in value;
}
