import type { RunBinding } from '../ir/binding.ts';
import type { CompiledPipeline } from '../ir/compiled-pipeline.ts';
import type { JsonValue } from '../ir/json.ts';
import type { Block } from '../ir/nodes/block.ts';
import type { RunRequest } from '../ir/protocol/run-request.ts';
import type { Transition } from '../ir/protocol/transition.ts';
import type { ExecutionPort } from './execution-port.ts';
import type { Flights } from './flights.ts';
import type { RerunCause } from './rerun-causes.ts';
import type { Scope } from './scope.ts';
import type { Sequence } from './sequence.ts';
import type { Settled } from './settled.ts';
import type { Lines } from './slots.ts';

/** What everything in one run shares. */
export interface Execution {
  readonly compiled: CompiledPipeline;
  readonly request: RunRequest;
  readonly registered: Readonly<Record<string, JsonValue>>;
  readonly facts: Readonly<Record<RunBinding['field'], JsonValue>>;
  readonly port: ExecutionPort;
  readonly lines: Lines;
  /** Queues whose tasks take slots of the queue's pool. */
  readonly limitedQueues: readonly string[];
  readonly flights: Flights;
  /** Which tasks take nothing over, and why. */
  readonly rerunCause: RerunCause;
  /** Why what is under way here was asked to stop, where it was not the run that was cancelled. */
  readonly stoppedBecause: () => string | null;
  readonly sequence: Sequence;
  /** Records a change of a task's state; fields left out are null or empty. */
  readonly emit: (change: Change) => void;
  /** Runs a scope's nodes to their ends. Here so that the nodes that open a scope need not import the interpreter. */
  readonly runBlock: (block: Block, scope: Scope, execution: Execution) => Promise<Settled>;
}

export type Change = Pick<Transition, 'path' | 'kind' | 'status'> & Partial<Transition>;

/** How a node ended, and what there is to show of it. */
export interface NodeResult {
  readonly settled: Settled;
  readonly shown?: Shown;
}

/** What is told of a task beside how it ended; a status in place of `succeeded`, for one that was not run. */
export type Shown = Partial<Pick<Transition, 'input' | 'cache' | 'detail' | 'status'>>;
