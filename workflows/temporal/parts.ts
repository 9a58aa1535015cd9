import {
  CancellationScope,
  CancelledFailure,
  type ChildWorkflowHandle,
  setHandler,
  startChild,
  workflowInfo,
} from '@temporalio/workflow';
import { CANCEL_GRACE_MS, type RunOrder } from '../../ir/protocol/run-order.ts';
import type { RunRequest } from '../../ir/protocol/run-request.ts';
import { type Transition, WAITS_IN } from '../../ir/protocol/transition.ts';
import { PART_WORKFLOW, partWorkflowId } from '../../ir/protocol/workflow-names.ts';
import { CONTROL_QUEUE } from '../../ir/step-contract.ts';
import type { ItemFailures, ItemsPart, LoopPart, LoopPartEnd, PartRunner } from '../part.ts';
import type { Settled } from '../settled.ts';
import { failureMet } from './failure-of.ts';
import { intact } from './intact.ts';
import type { OutputBudget } from './output-budget.ts';
import { itemsFailedSignal, type PartEnd, type PartOrder, stopSignal } from './part-order.ts';
import type { millracePart } from './part-workflow.ts';
import { orderSignal } from './receive-orders.ts';
import { turnstile } from './turnstile.ts';

/**
 * Parts of fan-outs that a workflow has under way at once. A fan-out has fewer; of many nested ones, all at once would ask
 * for more tasks than workers, and a cancellation, could get through.
 */
const MOST_AT_ONCE = 8;

type Started = Promise<ChildWorkflowHandle<typeof millracePart>>;

export interface Parts {
  readonly runner: PartRunner;
  /** Tells all parts that go on. */
  passOn(order: RunOrder): void;
}

/** Runs parts as child workflows, which end with the workflow that started them. */
export function startParts(request: RunRequest, budget: OutputBudget, mayStart: () => Promise<void>): Parts {
  const listeners = new Map<string, (news: ItemFailures) => void>();
  const live = new Set<Started>();
  const place = turnstile(MOST_AT_ONCE);
  setHandler(itemsFailedSignal, ({ part, ...news }) => listeners.get(part)?.(news));
  const start = async (order: PartOrder, path: string) => {
    await mayStart();
    if (CancellationScope.current().consideredCancelled) throw new CancelledFailure(`'${path}' was not begun.`);
    return CancellationScope.nonCancellable(() =>
      startChild<typeof millracePart>(PART_WORKFLOW, {
        workflowId: partWorkflowId(request.project, request.runId, path),
        taskQueue: CONTROL_QUEUE,
        args: [order],
        staticSummary: path,
      }),
    );
  };
  /** Temporal's own cancellation of a child reaches its first history alone, and a signal whichever is the latest. */
  const cancel = (started: Started) => {
    const order = { kind: 'cancel', graceMs: CANCEL_GRACE_MS } as const;
    if (live.has(started)) tell(started, (child) => child.signal(orderSignal, order));
  };
  const endOf = async (started: Started, path: string): Promise<PartEnd> => {
    live.add(started);
    CancellationScope.current().cancelRequested.catch(() => cancel(started));
    try {
      return intact(await (await started).result(), path);
    } finally {
      live.delete(started);
    }
  };
  const runner: PartRunner = {
    startItems: (part, failed) => {
      const path = pathOf(part);
      const { range } = part;
      const workflowId = partWorkflowId(request.project, request.runId, path);
      let started: Started | null = null;
      let isStopped = false;
      listeners.set(workflowId, failed);
      const ending = place(async (): Promise<PartEnd> => {
        if (isStopped) return { kind: 'items', outcomes: [] };
        started = start({ request, part: { kind: 'items', place: part.place, range }, done: [] }, path);
        return endOf(started, path);
      });
      const outcomes = itemsOf(ending, part, path, budget).finally(() => listeners.delete(workflowId));
      const stop = (because: string) => {
        isStopped = true;
        if (started !== null) tell(started, (child) => child.signal(stopSignal, because));
      };
      return { outcomes, stop };
    },
    runLoop: async (part) => {
      const path = pathOf(part);
      try {
        return loopEnd(await endOf(start({ request, part }, path), path));
      } catch (error) {
        throw failureMet(error, path, path);
      }
    },
  };
  const passOn = (order: RunOrder) => {
    for (const started of live) tell(started, (child) => child.signal(orderSignal, order));
  };
  return { runner, passOn };
}

/** Whether it has ended meanwhile is nothing to whoever tells it something. */
function tell(started: Started, send: (child: ChildWorkflowHandle<typeof millracePart>) => Promise<void>): void {
  void CancellationScope.nonCancellable(() => started.then(send)).catch(() => {});
}

function pathOf(part: ItemsPart | LoopPart): string {
  const level = part.place.scope.levels.at(-1);
  const node = part.kind === 'items' ? part.range.node : part.node;
  const path = level && level.path !== '' ? `${level.path}/${node.name}` : node.name;
  return part.kind === 'items' ? `${path}[${part.range.first}]` : path;
}

/** A part that cannot even be run fails, or was cancelled, with its first item. */
async function itemsOf(
  ending: Promise<PartEnd>,
  part: ItemsPart,
  path: string,
  budget: OutputBudget,
): Promise<readonly Settled[]> {
  try {
    const end = await ending;
    if (end.kind === 'items') {
      for (const outcome of end.outcomes) if (outcome.status === 'succeeded') budget(path, outcome.value);
      return end.outcomes;
    }
    throw new Error(`Items were asked of '${path}', and it gave a ${end.kind}.`);
  } catch (error) {
    const { failure } = failureMet(error, path, path);
    const ended: Settled = failure.kind === 'cancelled' ? { status: 'cancelled' } : { status: 'failed', path, failure };
    return part.range.items.map(() => ended);
  }
}

function loopEnd(end: PartEnd): LoopPartEnd {
  if (end.kind === 'loop') return end;
  throw new Error(`A loop was asked for, and the part gave ${end.kind}.`);
}

/** Decisions are addressed to the workflow in which the approval waits. */
export function withWorkflow(transition: Transition): Transition {
  const { parent, workflowId } = workflowInfo();
  if (parent === undefined || transition.kind !== 'approval') return transition;
  return { ...transition, detail: { ...transition.detail, [WAITS_IN]: workflowId } };
}
