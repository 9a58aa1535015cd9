import { CancellationScope, CancelledFailure, executeChild, ParentClosePolicy, sleep } from '@temporalio/workflow';
import type { JsonValue } from '../../ir/json.ts';
import type { Promotion } from '../../ir/nodes/promote-node.ts';
import type { RunRequest } from '../../ir/protocol/run-request.ts';
import type { CacheLookup, Sought, TaskDispatch } from '../../ir/protocol/task-dispatch.ts';
import type { TaskOrder } from '../../ir/protocol/task-order.ts';
import { ROLLOUT_WORKFLOW, rolloutWorkflowId } from '../../ir/protocol/workflow-names.ts';
import { CONTROL_QUEUE } from '../../ir/step-contract.ts';
import type { ExecutionPort, NotifyRequest, PromoteRequest } from '../execution-port.ts';
import { readPromoteInput } from '../promote-input.ts';
import { receiveApprovals } from './approvals.ts';
import type { ControlLane } from './control-lane.ts';
import { expectedAnswer } from './expected-answer.ts';
import { failureMet } from './failure-of.ts';
import { type InputDigests, inputDigests } from './input-digests.ts';
import { intact } from './intact.ts';
import { type OutputBudget, outputBudget } from './output-budget.ts';
import { startParts, withWorkflow } from './parts.ts';
import type { Pausing } from './pausing.ts';
import type { HistoryLimits } from './payload-limits.ts';
import { receiveOrders } from './receive-orders.ts';
import type { Recorder } from './recorder.ts';
import type { millraceRollout } from './rollout-workflow.ts';
import { refuseLarge, runActivity } from './run-activity.ts';
import { runLight } from './run-light.ts';
import { giveBackSlots, takeSlots } from './slot-requests.ts';
import type { Stopping } from './stopping.ts';
import { startTurns, wakeAll } from './turns.ts';
import { type Turnstile, turnstile } from './turnstile.ts';

/**
 * Activities, and again children, that a run has pending at once. A workflow that asks for what Temporal refuses asks
 * again and again, and never goes on; and all of them may be asked for in one go. 2,000 may be pending, one message has
 * 4 MiB, of which each takes up to 5 KiB, and a small server works for several seconds of the ten that it has on 1,500.
 */
const MOST_PENDING = 500;

/** What a workflow does about the orders that it gets. */
export interface RunControl {
  readonly pausing: Pausing;
  readonly stopping: Stopping;
}

/** The interpreter's port on Temporal's workflow API. */
export function temporalPort(
  request: RunRequest,
  recorder: Pick<Recorder, 'record'>,
  limits: HistoryLimits,
  { pausing, stopping }: RunControl,
  { ask }: ControlLane,
): ExecutionPort {
  const shared: PortParts = {
    ask,
    budget: outputBudget(limits.outputs),
    digests: inputDigests(ask),
    place: turnstile(MOST_PENDING),
  };
  const rolloutPlace = turnstile(MOST_PENDING);
  const waitForDecision = receiveApprovals();
  const parts = startParts(request, shared.budget, pausing.mayStart);
  const turns = startTurns();
  receiveOrders({ pausing, stopping }, turns, parts.passOn);
  stopping.onEnd((graceMs) => {
    pausing.unpause();
    parts.passOn({ kind: 'stopWithin', graceMs });
  });
  let room = limits.tasks;
  const port: ExecutionPort = {
    now: () => Date.now(),
    record: (transition) => recorder.record(withWorkflow(shared.digests.marked(transition))),
    mayStart: pausing.mayStart,
    isPaused: pausing.isPaused,
    lookUp: (dispatch, sought) => translated(dispatch.task.path, () => lookUp(dispatch, sought, request, shared)),
    runTask: (dispatch, attempt) => runOnce(dispatch, orderOf(dispatch, request, attempt), shared),
    takeSlots: (dispatch, demands) => {
      turns.forget(dispatch.task.path);
      return translated(dispatch.task.path, () => takeSlots(dispatch, demands, request, ask));
    },
    giveBackSlots: (task) => giveBackSlots(task, ask),
    wake: (waiters) => wakeAll(waiters, turns),
    turn: (path, atMostMs) => translated(path, () => turns.wait(path, atMostMs)),
    promote: (asked) => translated(asked.task.path, () => promote(asked, rolloutPlace)),
    notify: (asked) => translated(asked.task.path, () => keepMessage(asked, ask)),
    sleep: (ms) => translated('sleep', () => sleep(ms)),
    until: (awaited) => translated('until', () => Promise.race([awaited, CancellationScope.current().cancelRequested])),
    approval: (asked) => translated(asked.task.path, () => waitForDecision(asked)),
    apart: (tasks) => {
      if (tasks > room) return parts.runner;
      room -= tasks;
      return null;
    },
    scope: ({ shielded }) => {
      const scope = shielded ? stopping.shield() : new CancellationScope();
      return { port, run: (body) => scope.run(body), cancel: () => scope.cancel() };
    },
  };
  return port;
}

/** What all tasks of a run share. */
interface PortParts {
  readonly ask: ControlLane['ask'];
  readonly budget: OutputBudget;
  readonly digests: InputDigests;
  /** A place among the activities on their way. */
  readonly place: Turnstile;
}

async function lookUp(
  dispatch: TaskDispatch,
  { takeOverFrom: retryOf, awaited, claims }: Sought,
  request: RunRequest,
  { ask, budget, digests }: PortParts,
): Promise<CacheLookup> {
  refuseLarge(dispatch);
  const order = orderOf(dispatch, request, 0);
  if (digests.wants(order)) await digests.learn(order);
  const answer = await ask({
    ...{ kind: 'lookUp', order, retryOf },
    ...(awaited === null ? {} : { awaited }),
    ...(claims ? {} : { claims }),
  });
  const { lookup } = expectedAnswer(answer, 'lookUp');
  budget(dispatch.task.path, lookup.output);
  return lookup;
}

function runOnce(
  dispatch: TaskDispatch,
  order: TaskOrder,
  { ask, budget, digests, place }: PortParts,
): Promise<JsonValue> {
  const { path } = dispatch.task;
  const isLight = dispatch.contract.cost === 'light';
  const what = `${path} attempt ${order.attempt}`;
  const operation = async () => {
    refuseLarge(dispatch);
    if (!isLight && digests.wants(order)) await digests.learn(order);
    const output = await (isLight ? runLight(order, ask) : place(() => runActivity(dispatch, order)));
    return budget(path, intact(output, what));
  };
  return translated(path, operation, what);
}

function orderOf(dispatch: TaskDispatch, request: RunRequest, attempt: number): TaskOrder {
  const { contract, code: _, ...rest } = dispatch;
  return { ...rest, step: contract.name, compiledDigest: request.compiledDigest, attempt };
}

/**
 * The rollout goes on if this run is cancelled or ends: traffic must not be left half-way. It holds its place until it
 * has ended, whether or not anybody still waits for it: so long it is pending.
 */
async function promote(request: PromoteRequest, place: Turnstile): Promise<Promotion> {
  const { project, runId, path } = request.task;
  const { endpoint, model } = readPromoteInput(request);
  const ended = place(() =>
    CancellationScope.nonCancellable(() =>
      executeChild<typeof millraceRollout>(ROLLOUT_WORKFLOW, {
        workflowId: rolloutWorkflowId(project, endpoint ?? model, runId, path),
        taskQueue: CONTROL_QUEUE,
        parentClosePolicy: ParentClosePolicy.ABANDON,
        args: [request],
      }),
    ),
  );
  return intact(await Promise.race([ended, CancellationScope.current().cancelRequested]), path);
}

async function keepMessage(asked: NotifyRequest, ask: ControlLane['ask']): Promise<void> {
  expectedAnswer(await ask({ kind: 'notify', ...asked }), 'notified');
}

/** What was answered after the scope had been cancelled counts no more: nothing new is to start from it. */
async function translated<T>(path: string, operation: () => Promise<T>, what = path): Promise<T> {
  const scope = CancellationScope.current();
  try {
    if (scope.consideredCancelled) throw new CancelledFailure('cancelled');
    const result = await operation();
    if (scope.consideredCancelled) throw new CancelledFailure('cancelled');
    return result;
  } catch (error) {
    throw failureMet(error, path, what);
  }
}
