import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import type { JsonValue } from '../../ir/json.ts';
import type { AttemptLog } from './attempt-log.ts';
import type { AttemptServices } from './attempt-services.ts';
import { crashFailure } from './crash-failure.ts';
import { HandlerFailed, KnownFailure, reportOf } from './error-report.ts';
import type { ChildExit, ChildSpec, HandlerChild } from './handler-child.ts';
import type { HandlerPool } from './handler-pool.ts';
import type { HandlerJob, HandlerRequest, HandlerResult, MessageFromHandler } from './handler-protocol.ts';
import { untilMarked } from './log-end-mark.ts';
import { watchMemory } from './memory-watch.ts';
import { residentMemory } from './process-tree.ts';
import { signalled } from './signalled.ts';

/** A handler at work. */
export interface RunningJob {
  /** Resolves when the handler's own time begins: a child is there, and has loaded its code. */
  readonly started: Promise<void>;
  /** Its output. @throws what it threw, or a KnownFailure of kind `crash`. */
  readonly output: Promise<JsonValue>;
  /** Fires the handler's AbortSignal. */
  readonly stop: (reason: string) => void;
  /** Ends it by force; resolves when nothing of it runs any more, or `waitMs` later: no force ends a native call. */
  readonly kill: (waitMs: number) => Promise<void>;
}

/** What was printed comes after the result by milliseconds, on a busy machine by seconds; a step may have closed its stdout. */
const LAST_OUTPUT_MS = 5_000;

/** In a child of the pool, which goes back there only when the job ended well. */
export function startInChild(
  pool: HandlerPool,
  spec: ChildSpec,
  job: HandlerJob,
  services: AttemptServices,
  log: AttemptLog,
): RunningJob {
  const loan: Loan = { child: null, isOver: false, stop: new AbortController() };
  const lost = signalled();
  const started = signalled();
  return {
    started: started.promise,
    output: borrow(pool, spec, loan, async (child) => {
      const conversation = { services, log, started: started.signal, lost: lost.promise };
      const output = outputOf(await talk(child, job, conversation));
      // What a command left running in the background goes with its process group, and the environment of a replica names
      // peers that are gone.
      const isForOne = job.source.kind === 'command' || job.gang !== undefined;
      return { output, isClean: !isForOne && (await hasRoom(child)) };
    }),
    stop: (reason) => {
      const message = 'The task was stopped before it began.';
      loan.stop.abort(new KnownFailure('cancelled', 'Cancelled', message, false));
      loan.child?.send({ kind: 'stop', reason });
    },
    kill: async (waitMs) => {
      const { child } = loan;
      if (!loan.isOver) child?.kill();
      // Where the job had ended by itself, its child may be another's by now.
      if (!child || child.alive()) return;
      await Promise.race([child.exited, delay(waitMs, undefined, { ref: false })]);
      lost.signal();
    },
  };
}

/** The time for which a child belongs to a job; afterwards it may belong to another one. */
interface Loan {
  /** Null until the pool has one to give. */
  child: HandlerChild | null;
  isOver: boolean;
  /** Fires when the job is asked to stop. */
  readonly stop: AbortController;
}

/** Gives the child back to the pool before the output is told, so that the next task finds it. */
async function borrow(
  pool: HandlerPool,
  spec: ChildSpec,
  loan: Loan,
  use: (child: HandlerChild) => Promise<{ readonly output: JsonValue; readonly isClean: boolean }>,
): Promise<JsonValue> {
  const { signal } = loan.stop;
  const first = await pool.acquire(spec, signal);
  if (signal.aborted) {
    pool.release(first, true);
    throw signal.reason;
  }
  let child = first;
  loan.child = child;
  let isClean = false;
  try {
    const used = await use(child).catch((error: unknown) => {
      if (!(error instanceof NotStarted) || signal.aborted) throw error;
      child = pool.replace(child);
      loan.child = child;
      return use(child);
    });
    isClean = used.isClean;
    return used.output;
  } finally {
    loan.isOver = true;
    pool.release(child, isClean && !signal.aborted);
  }
}

/**
 * A warm child did not begin with a job: what an earlier job left running there holds it up, or ended it. Nothing of the
 * job has run yet, so that another child can have it.
 */
class NotStarted extends Error {
  override readonly name = 'NotStarted';
  override readonly message = 'What an earlier task left running in this child held it up.';
}

interface Conversation {
  readonly services: AttemptServices;
  readonly log: AttemptLog;
  readonly started: () => void;
  /** Resolves when the child is not waited for any more, which was killed and has not ended. */
  readonly lost: Promise<void>;
}

/** Sends a child its job and serves it until it has told its result and all that it printed has come. */
async function talk(
  child: HandlerChild,
  job: HandlerJob,
  { services, log, started, lost }: Conversation,
): Promise<HandlerResult> {
  const memory = watchMemory(child);
  const endMark = `\u0000${randomUUID()}\u0000`;
  const printed = untilMarked(log, endMark);
  const hasServed = child.isUp();
  let mayBeHeldUp = hasServed;
  let loading: NodeJS.Timeout | undefined;
  const result = new Promise<HandlerResult>((resolve, reject) => {
    const late = () => reject(mayBeHeldUp ? new NotStarted() : loadTimeout(job));
    loading = setTimeout(late, mayBeHeldUp ? WARM_MS : LOAD_MS);
    const message = (said: MessageFromHandler) => {
      if (said.kind === 'started') {
        mayBeHeldUp = false;
        clearTimeout(loading);
        started();
      }
      if (said.kind === 'notice') services.notify(said.notice);
      if (said.kind === 'request') void answer(child, services, said.id, said.request);
      if (said.kind === 'result') resolve(said.result);
    };
    const exit = (exit: ChildExit) => {
      const crash = () => crashFailure({ spec: child.spec, hasServed }, exit, memory.exceeded(), log.stderrTail());
      reject(mayBeHeldUp ? new NotStarted() : crash());
    };
    void lost.then(() => reject(new KnownFailure('crash', 'HandlerKilled', 'The handler was ended by force.')));
    child.listen({ message, output: printed.output, exit });
  });
  child.send({ kind: 'run', job, endMark });
  return finished(result, printed.ended).finally(() => {
    clearTimeout(loading);
    memory.end();
  });
}

/** From a cold disk ONNX Runtime takes some seconds; what takes this long does not end by itself. */
const LOAD_MS = 60_000;
/** A warm child has loaded its code: it checks the input, and begins. */
const WARM_MS = 5_000;

function loadTimeout(job: HandlerJob): KnownFailure {
  const message = `The code of step '${job.step}' was not loaded after ${LOAD_MS / 1_000} s. See what its modules do at top level; work belongs in the handler.`;
  return new KnownFailure('timeout', 'CodeLoadTimeout', message);
}

/** What a task has left in memory must not count against the next one. */
async function hasRoom({ pid, spec }: HandlerChild): Promise<boolean> {
  if (pid === null || spec.memory === null) return true;
  return ((await residentMemory(pid)) ?? 0) < spec.memory / 2;
}

/** The result comes by another way than what was printed, and mostly sooner. */
async function finished(result: Promise<HandlerResult>, printed: Promise<void>): Promise<HandlerResult> {
  const value = await result;
  await Promise.race([printed, delay(LAST_OUTPUT_MS, undefined, { ref: false })]);
  return value;
}

async function answer(child: HandlerChild, services: AttemptServices, id: number, request: HandlerRequest) {
  const result: HandlerResult = await services.request(request).then(
    (output) => ({ ok: true, output }),
    (error: unknown) => ({ ok: false, error: reportOf(error) }),
  );
  child.send({ kind: 'answer', id, result });
}

function outputOf(result: HandlerResult): JsonValue {
  if (result.ok) return result.output;
  throw new HandlerFailed(result.error);
}
