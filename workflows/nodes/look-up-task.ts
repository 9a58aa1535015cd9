import type { CacheLookup, TaskDispatch, TaskOrigin } from '../../ir/protocol/task-dispatch.ts';
import type { Execution } from '../execution.ts';
import { needsSlots, withSlots } from '../slots.ts';

/** How a task is looked up, and what becomes of it then. */
export interface Search<T> {
  readonly dispatch: TaskDispatch;
  /** The run whose output stands where all that decides it is what it was; null to look in the cache only. */
  readonly takeOverFrom: string | null;
  /** Told of the task that is waited for, once for each. */
  readonly waits: (lookup: CacheLookup) => void;
  /** Told once, of a task that does not get its slots at once. */
  readonly inLine: (lookup: CacheLookup) => void;
  readonly known: (hit: CacheLookup) => T;
  readonly run: (miss: CacheLookup) => Promise<T>;
}

/**
 * Looks a task up, and runs it where there is no result. While another one makes the same result, it waits and looks again: it
 * then has that result or, where there is none, the place of the one that was to make it.
 *
 * A task claims its result when nothing is any more between it and its work: one that is paused, or stands in line for slots,
 * would keep equal tasks of other runs waiting for as long. And it waits for another without slots, which that one may need.
 */
export async function runUnlessKnown<T>(search: Search<T>, execution: Execution): Promise<T> {
  const { port, flights, limitedQueues } = execution;
  const since = port.now();
  const turn = needsSlots(search.dispatch, limitedQueues) ? turnWithSlots : turnToRun;
  let awaited: TaskOrigin | null = null;
  for (;;) {
    const ended: Turn<T> = await turn(search, awaited, execution);
    if (ended.kind === 'done') return ended.result;
    const { lookup }: UnderWay = ended;
    if (!isSame(awaited, lookup.origin)) search.waits(lookup);
    awaited = lookup.origin;
    await port.until(flights.next(lookup.key, since));
  }
}

/** What came of one look: an end, or the name of the task that has to end first. */
type Turn<T> = { readonly kind: 'done'; readonly result: T } | UnderWay;

interface UnderWay {
  readonly kind: 'underWay';
  readonly lookup: CacheLookup & { readonly key: string };
}

async function turnToRun<T>(search: Search<T>, awaited: TaskOrigin | null, execution: Execution): Promise<Turn<T>> {
  const { port, flights } = execution;
  const { dispatch, takeOverFrom, known, run } = search;
  await port.mayStart();
  const lookup = await port.lookUp(dispatch, { takeOverFrom, awaited, claims: true });
  if (lookup.hit) return { kind: 'done', result: known(lookup) };
  const { key } = lookup;
  if (key === null) return { kind: 'done', result: await run(lookup) };
  // Others that asked with this one have their answers in the same moment, and look for it.
  if (lookup.reason === 'underWay') return { kind: 'underWay', lookup: { ...lookup, key } };
  const end = flights.begin(key);
  try {
    return { kind: 'done', result: await run(lookup) };
  } finally {
    end();
  }
}

/** What is known already waits for no slots. */
async function turnWithSlots<T>(search: Search<T>, awaited: TaskOrigin | null, execution: Execution): Promise<Turn<T>> {
  const { dispatch, takeOverFrom, inLine, known } = search;
  const lookup = await execution.port.lookUp(dispatch, { takeOverFrom, awaited, claims: false });
  if (lookup.hit) return { kind: 'done', result: known(lookup) };
  const waits = () => inLine(lookup);
  return withSlots(dispatch, execution, waits, () => turnToRun(search, awaited, execution));
}

function isSame(one: TaskOrigin | null, other: TaskOrigin | null): boolean {
  return one?.runId === other?.runId && one?.path === other?.path;
}
