import type { z } from 'zod';
import type { Implementation } from '../ir/step-contract.ts';
import { CompileError } from './compile-error.ts';
import { type KeysOf, refuseUnknownKeys } from './known-keys.ts';
import { makeStep } from './make-step.ts';
import type { HandledStep, Handler, Step } from './step.ts';
import { stepContractOf } from './step-contract-of.ts';
import type { ContainerDescription, ProcessDescription, StepDescription } from './step-description.ts';

/** A contract that waits for its handler. */
export interface UnimplementedStep<In extends z.ZodObject, Out extends z.ZodObject> {
  /** Gives the step its code. It runs on a worker, apart from the pipeline file. */
  implement(handler: Handler<In, Out>): HandledStep<In, Out>;
}

/** Who does the work, where it is no handler. At most one of them. */
interface Served<P, C, E> {
  readonly process?: P;
  readonly container?: C;
  /** A worker of yours in any language, on a queue that only it serves. */
  readonly external?: E;
}

const STEP_KEYS: KeysOf<StepDescription<z.ZodObject, z.ZodObject> & Served<unknown, unknown, unknown>> = {
  ...{ name: true, description: true, input: true, output: true, resources: true, retry: true, timeout: true },
  ...{ cache: true, effects: true, cost: true, reads: true, sources: true, env: true, secrets: true },
  ...{ isolation: true, pools: true, process: true, container: true, external: true },
};

const PROCESS_KEYS: KeysOf<ProcessDescription> = { command: true, files: true, environment: true };
const CONTAINER_KEYS: KeysOf<ContainerDescription> = { image: true, command: true };

/**
 * Describes a unit of work: what goes in, what comes out, what it needs. Follow it with `.implement(handler)`, or name
 * who else does the work (`process`, `container`, `external`).
 *
 * @throws CompileError for options that there are not, for schemas that have no JSON Schema and for settings that contradict each other.
 * @example
 * const double = defineStep({
 *   name: 'double',
 *   input: z.object({ value: z.number() }),
 *   output: z.object({ value: z.number() }),
 * }).implement(({ input }) => ({ value: 2 * input.value }));
 */
export function defineStep<
  In extends z.ZodObject,
  Out extends z.ZodObject,
  P extends ProcessDescription | undefined = undefined,
  C extends ContainerDescription | undefined = undefined,
  E extends true | undefined = undefined,
>(description: StepDescription<In, Out> & Served<P, C, E>): Defined<In, Out, P | C | E> {
  refuseUnknownKeys(`Step '${description.name}'`, description, STEP_KEYS);
  const served = servedBy(description);
  const contract = stepContractOf(description, served ?? { kind: 'handler' });
  const unimplemented: UnimplementedStep<In, Out> = {
    implement: (handler) => makeStep(contract, description, handler) as HandledStep<In, Out>,
  };
  // Which of the two it is, the type says by what the description holds.
  return (served ? makeStep(contract, description, undefined) : unimplemented) as Defined<In, Out, P | C | E>;
}

type Defined<In extends z.ZodObject, Out extends z.ZodObject, S> = [S] extends [undefined]
  ? UnimplementedStep<In, Out>
  : Step<In, Out>;

function servedBy({
  name,
  process,
  container,
  external,
}: { readonly name: string } & Served<
  ProcessDescription | undefined,
  ContainerDescription | undefined,
  true | undefined
>): Implementation | null {
  const given = [process, container, external].filter((part) => part !== undefined);
  if (given.length > 1) {
    throw new CompileError('settings', `Step '${name}': of process, container and external give only one.`);
  }
  if (process) {
    refuseUnknownKeys(`Step '${name}': process`, process, PROCESS_KEYS);
    return processOf(process);
  }
  refuseUnknownKeys(`Step '${name}': container`, container ?? {}, CONTAINER_KEYS);
  if (container) return { kind: 'container', image: container.image, command: [...(container.command ?? [])] };
  return external ? { kind: 'external' } : null;
}

function processOf({ command, files = [], environment }: ProcessDescription): Implementation {
  const declared = environment === undefined ? {} : { environment: [...environment] };
  return { kind: 'process', command: [...command], files: [...files], ...declared };
}
