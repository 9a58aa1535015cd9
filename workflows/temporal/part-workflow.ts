import {
  CancellationScope,
  continueAsNew,
  getExternalWorkflowHandle,
  proxyLocalActivities,
  setHandler,
  workflowInfo,
} from '@temporalio/workflow';
import type { Execution } from '../execution.ts';
import { thawScope } from '../frozen-scope.ts';
import { executionIn } from '../interpreter.ts';
import { startItems } from '../nodes/run-items.ts';
import { runRounds } from '../nodes/run-rounds.ts';
import type { ItemFailures } from '../part.ts';
import type { Settled } from '../settled.ts';
import type { ControlActivities } from './control-activities.ts';
import { type ControlLane, startControlLane } from './control-lane.ts';
import { refuseUnreadable } from './intact.ts';
import {
  type ItemsEnd,
  type ItemsOrder,
  itemsFailedSignal,
  type LoopEnd,
  type LoopOrder,
  type PartEnd,
  type PartOrder,
  stopSignal,
} from './part-order.ts';
import { startPausing } from './pausing.ts';
import { type HistoryLimits, LARGEST_OUTPUT } from './payload-limits.ts';
import { type Recorder, startRecorder } from './recorder.ts';
import { startStopping } from './stopping.ts';
import { temporalPort } from './temporal-port.ts';

const { compiledPipeline, recordTransitions } = proxyLocalActivities<ControlActivities>({
  startToCloseTimeout: '1m',
  retry: { initialInterval: '200ms', maximumInterval: '10s' },
});

/**
 * Where a history is full. What is under way may then still end in it: some thousand tasks, retries apart, which leaves
 * it below 12,000 events and 12 MB, far from what ends a workflow.
 */
const FULL = { events: 6_000, bytes: 5_000_000 } as const;
/** What a part gives is one message, and so are the items that it hands on to the next history. */
const LIMITS: HistoryLimits = { tasks: 500, outputs: LARGEST_OUTPUT };

/** A part of a run, in a history of its own; at the end of an item or a round it is continued in a new one. */
export async function millracePart(order: PartOrder): Promise<PartEnd> {
  refuseUnreadable(order);
  const { request, part } = order;
  const recorder = startRecorder(request.project, request.runId);
  // The run itself tells the store of pauses, and of what was stopped hard.
  const pausing = startPausing(async () => {});
  const stopping = startStopping(() => []);
  const lane = startControlLane();
  const asking = { recorder, lane };
  const port = temporalPort(request, recorder, LIMITS, { pausing, stopping }, lane);
  const compiled = await compiledPipeline(request.compiledDigest);
  const execution = executionIn({ ...part.place, compiled }, request, port);
  const { ended } = await stopping.run<PartEnd>(() =>
    'done' in order ? runItemsPart(order, execution, asking) : runLoopPart(order, execution, asking),
  );
  pausing.close();
  if (ended !== null) return ended;
  await flush(asking, execution);
  return givenUp(order, execution);
}

const CANCELLED: Settled = { status: 'cancelled' };

/** What does not end when it is stopped hard ends as cancelled. */
function givenUp(order: PartOrder, { sequence }: Execution): PartEnd {
  if (!('done' in order)) return { kind: 'loop', result: { settled: CANCELLED }, sequence: sequence.last() };
  return { kind: 'items', outcomes: [...order.done, ...order.part.range.items.map(() => CANCELLED)] };
}

async function runItemsPart(order: ItemsOrder, execution: Execution, asking: Asking): Promise<ItemsEnd> {
  const { part, done } = order;
  const { place, range } = part;
  let isStopped = false;
  const failedBefore = failuresIn(done);
  const report = reporter(range.tolerated + failedBefore);
  const running = startItems(range, thawScope(place.scope), execution, {
    mayBegin: () => !isFull(),
    failed: ({ count, because }) => report({ count: failedBefore + count, because }),
  });
  setHandler(stopSignal, (because) => {
    isStopped = true;
    running.stop(because);
  });
  const ended = await running.outcomes;
  await flush(asking, execution);
  const outcomes = [...done, ...ended];
  const tolerated = range.tolerated - failuresIn(ended);
  await execution.port.mayStart();
  const items = range.items.slice(ended.length);
  if (isStopped || tolerated < 0 || items.length === 0) return { kind: 'items', outcomes };
  if (CancellationScope.current().consideredCancelled) {
    return { kind: 'items', outcomes: [...outcomes, ...items.map(() => CANCELLED)] };
  }
  const rest = { ...range, items, first: range.first + ended.length, tolerated };
  const next = { ...part, range: rest, place: { ...place, sequence: execution.sequence.last() } };
  return continueAsNew<typeof millracePart>({ ...order, part: next, done: outcomes });
}

async function runLoopPart(order: LoopOrder, execution: Execution, asking: Asking): Promise<LoopEnd> {
  const { part } = order;
  const { place, node, from } = part;
  const result = await runRounds(node, from, thawScope(place.scope), execution, {
    begin: async (round) => {
      const { current } = CancellationScope;
      if (!isFull() || current().consideredCancelled) return;
      await flush(asking, execution);
      await execution.port.mayStart();
      // What is cancelled is not continued: its next history would not know of it.
      if (current().consideredCancelled) return;
      const next = { ...part, from: round, place: { ...place, sequence: execution.sequence.last() } };
      await continueAsNew<typeof millracePart>({ ...order, part: next });
    },
  });
  await flush(asking, execution);
  return { kind: 'loop', result, sequence: execution.sequence.last() };
}

function isFull(): boolean {
  const { historyLength, historySize, continueAsNewSuggested } = workflowInfo();
  return continueAsNewSuggested || historyLength > FULL.events || historySize > FULL.bytes;
}

/** What asks the control queue's worker for the part. */
interface Asking {
  readonly recorder: Recorder;
  readonly lane: ControlLane;
}

/** Whatever is recorded of the part is in the store before it ends or is continued. */
async function flush({ recorder, lane }: Asking, { request, flights }: Execution): Promise<void> {
  flights.close();
  await CancellationScope.nonCancellable(async () => {
    const left = await recorder.close();
    await lane.close();
    if (left.length > 0) await recordTransitions(request.project, request.runId, left);
  });
}

/** Tells of failures in steps, of which there are some sixty before too many have failed. */
function reporter(tolerated: number): (news: ItemFailures) => void {
  const { workflowId, parent } = workflowInfo();
  const step = Math.ceil(Math.max(tolerated, 1) / 64);
  let told = 0;
  return ({ count, because }) => {
    if (parent === undefined || count - told < step) return;
    told = count;
    const news = { part: workflowId, count, because };
    // Whoever started the part may have ended it meanwhile.
    getExternalWorkflowHandle(parent.workflowId)
      .signal(itemsFailedSignal, news)
      .catch(() => {});
  };
}

function failuresIn(outcomes: readonly Settled[]): number {
  return outcomes.filter(({ status }) => status === 'failed').length;
}
