import { availableParallelism } from 'node:os';
import { setTimeout as delay } from 'node:timers/promises';
import { canonicalJson } from '../../ir/json.ts';
import { WORKER_SHUT_DOWN } from '../../ir/protocol/task-failure.ts';
import { KnownFailure } from './error-report.ts';
import { type ChildSpec, type HandlerChild, startChild } from './handler-child.ts';
import { createWaitingLine } from './waiting-line.ts';

/** Children kept warm between tasks of the same code: starting one and loading ONNX or DuckDB costs half a second. */
export interface HandlerPool {
  /**
   * A warm child, or a new one. The caller has it alone until it gives it back. Once as many children of a kind are at
   * work as there are cores, a caller waits for one of them to come back, and more are started only if none does for a
   * while in which none was still starting: short tasks share a few warm children, and those that wait for something run
   * side by side.
   *
   * @throws the signal's reason once it fires, or that the pool is closed.
   */
  readonly acquire: (spec: ChildSpec, signal: AbortSignal) => Promise<HandlerChild>;
  /** A new child for one that the caller has and that is of no use. */
  readonly replace: (child: HandlerChild) => HandlerChild;
  /**
   * Only a child whose job ended well, or that never had one, may serve another; anything else is killed. It serves again
   * once what its job left behind has had a turn, and is killed if that does not end.
   */
  readonly release: (child: HandlerChild, reusable: boolean) => void;
  /** @returns false when a thread is in a native call yet, which may never end. */
  readonly close: () => Promise<boolean>;
}

const CORES = availableParallelism();
/** Of threads there are more, for light steps have one each and hold little. */
const MAX_IDLE = { process: Math.max(4, CORES), thread: Math.max(16, CORES) };
const IDLE_MS = 60_000;
/** What a job left to be done at once has this long for it. */
const REST_MS = 1_000;
/** What was killed ends within milliseconds, and what it printed is waited for a second. */
const END_MS = 2_000;

interface IdleChild {
  readonly key: string;
  readonly child: HandlerChild;
  readonly retire: NodeJS.Timeout;
}

export function createHandlerPool(): HandlerPool {
  /** With what each is kept under. */
  const all = new Map<HandlerChild, string>();
  const resting = new Map<HandlerChild, string>();
  const idle: IdleChild[] = [];
  const line = createWaitingLine<HandlerChild>();
  let isClosed = false;

  function forget(entry: IdleChild): void {
    clearTimeout(entry.retire);
    const index = idle.indexOf(entry);
    if (index >= 0) idle.splice(index, 1);
  }

  function start(spec: ChildSpec, key: string): HandlerChild {
    if (isClosed) throw closedFailure();
    const child = startChild(spec);
    all.set(child, key);
    void child.exited.then(() => {
      all.delete(child);
      for (const entry of idle.filter((candidate) => candidate.child === child)) forget(entry);
    });
    return child;
  }

  function keep(child: HandlerChild, key: string): void {
    const entry: IdleChild = { key, child, retire: setTimeout(() => retire(entry), IDLE_MS).unref() };
    idle.push(entry);
    const { isolation } = child.spec;
    const alike = idle.filter((other) => other.child.spec.isolation === isolation);
    const [oldest] = alike;
    if (alike.length > MAX_IDLE[isolation] && oldest) retire(oldest);
  }

  function retire(entry: IdleChild): void {
    forget(entry);
    entry.child.kill();
  }

  /** Of the children of a kind, those at work: called when none of them is idle. */
  function atWork(key: string): number {
    return countOf(all, key);
  }

  /** One that rests comes back sooner than a new one starts, unless others wait for it already. */
  function isWorthWaiting(key: string): boolean {
    return atWork(key) >= CORES || countOf(resting, key) > line.length(key);
  }

  /** Starts slow each other down: on a busy machine more of them would help nobody. */
  function isStarting(key: string): boolean {
    return [...all].some(([child, other]) => other === key && child.alive() && !child.isUp());
  }

  /** Not all that wait give up at once: each time patience ends, there is room for as many more as there are cores. */
  function nextInLine(key: string, signal: AbortSignal): Promise<HandlerChild | null> {
    let room = CORES;
    const mayStart = () => {
      if (isStarting(key)) return false;
      room += CORES;
      return atWork(key) < room;
    };
    return line.wait(key, mayStart, signal);
  }

  /** To whoever waits for one, else to those that are idle. Without a child, whoever waits is to start one. */
  function handOn(key: string, child: HandlerChild | null): void {
    if (isClosed) child?.kill();
    else if (!line.call(key, child) && child) keep(child, key);
  }

  return {
    async acquire(spec, signal) {
      signal.throwIfAborted();
      const key = keyOf(spec);
      const warm = idle.findLast((entry) => entry.key === key && entry.child.alive());
      if (warm) forget(warm);
      const child = warm?.child ?? (isWorthWaiting(key) ? await nextInLine(key, signal) : null);
      return child ?? start(spec, key);
    },
    replace(child) {
      child.listen(null);
      child.kill();
      return start(child.spec, keyOf(child.spec));
    },
    release(child, reusable) {
      child.listen(null);
      const key = all.get(child) ?? keyOf(child.spec);
      if (reusable && child.alive()) {
        resting.set(child, key);
        void isRested(child).then((isFit) => {
          resting.delete(child);
          if (!isFit) child.kill();
          handOn(key, isFit ? child : null);
        });
      } else {
        child.kill();
        handOn(key, null);
      }
    },
    async close() {
      isClosed = true;
      line.close(closedFailure());
      for (const entry of [...idle]) forget(entry);
      for (const child of all.keys()) child.kill();
      const ended = Promise.all([...all.keys()].map((child) => child.exited)).then(() => true);
      return Promise.race([ended, delay(END_MS, false, { ref: false })]);
    },
  };
}

function isRested(child: HandlerChild): Promise<boolean> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => resolve(false), REST_MS).unref();
    void child.rested().then((isFit) => {
      clearTimeout(timer);
      resolve(isFit && child.alive());
    });
  });
}

function countOf(children: ReadonlyMap<HandlerChild, string>, key: string): number {
  return [...children].filter(([child, other]) => other === key && child.alive()).length;
}

function closedFailure(): KnownFailure {
  return new KnownFailure('worker', WORKER_SHUT_DOWN, 'The worker was shut down before the task began.');
}

/** Environment and memory are part of it: native libraries read both once, when they are loaded. */
function keyOf({ isolation, code, memory, env, secrets }: ChildSpec): string {
  return canonicalJson({ isolation, code, memory, env, secrets });
}
