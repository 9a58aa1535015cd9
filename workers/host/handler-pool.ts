import { availableParallelism } from 'node:os';
import { canonicalJson } from '../../ir/json.ts';
import { type ChildSpec, type HandlerChild, startChild } from './handler-child.ts';

/** Children kept warm between tasks of the same code: starting one and loading ONNX or DuckDB costs half a second. */
export interface HandlerPool {
  /**
   * A warm child, or a new one. The caller has it alone until it gives it back. Once as many children of a kind are at
   * work as there are cores, a caller waits for one of them to come back, and more are started only if none does for a
   * while in which none was still starting: short tasks share a few warm children, and those that wait for something run
   * side by side.
   */
  readonly acquire: (spec: ChildSpec) => Promise<HandlerChild>;
  /** Only a child whose job ended well may serve another; anything else is killed. */
  readonly release: (child: HandlerChild, reusable: boolean) => void;
  readonly close: () => Promise<void>;
}

const CORES = availableParallelism();
const MAX_IDLE = Math.max(4, CORES);
const IDLE_MS = 60_000;
/** About what a start takes; waiting that long for what saves one costs at most as much again. */
const PATIENCE_MS = 500;

interface IdleChild {
  readonly key: string;
  readonly child: HandlerChild;
  readonly retire: NodeJS.Timeout;
}

interface Waiting {
  readonly key: string;
  /** With a child that came back, or null for whoever is to start one. */
  readonly go: (child: HandlerChild | null) => void;
}

export function createHandlerPool(): HandlerPool {
  /** With what each is kept under. */
  const all = new Map<HandlerChild, string>();
  const idle: IdleChild[] = [];
  let waiting: Waiting[] = [];

  function forget(entry: IdleChild): void {
    clearTimeout(entry.retire);
    const index = idle.indexOf(entry);
    if (index >= 0) idle.splice(index, 1);
  }

  function start(spec: ChildSpec, key: string): HandlerChild {
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
    const [oldest] = idle;
    if (idle.length > MAX_IDLE && oldest) retire(oldest);
  }

  function retire(entry: IdleChild): void {
    forget(entry);
    entry.child.kill();
  }

  /** Of the children of a kind, those at work: called when none of them is idle. */
  function atWork(key: string): number {
    return [...all.values()].filter((other) => other === key).length;
  }

  /** Starts slow each other down: on a busy machine more of them would help nobody. */
  function isStarting(key: string): boolean {
    return [...all].some(([child, other]) => other === key && !child.isUp());
  }

  function nextInLine(key: string): Promise<HandlerChild | null> {
    return new Promise((resolve) => {
      let room = CORES;
      // Not all that wait give up at once: each time patience ends, there is room for as many more as there are cores.
      const timer = setInterval(() => {
        if (isStarting(key)) return;
        room += CORES;
        if (atWork(key) < room) call(place, null);
      }, PATIENCE_MS);
      const place: Waiting = {
        key,
        go: (child) => {
          clearInterval(timer);
          resolve(child);
        },
      };
      waiting.push(place);
    });
  }

  function call(place: Waiting, child: HandlerChild | null): void {
    waiting = waiting.filter((other) => other !== place);
    place.go(child);
  }

  return {
    async acquire(spec) {
      const key = keyOf(spec);
      const warm = idle.findLast((entry) => entry.key === key && entry.child.alive());
      if (warm) forget(warm);
      const child = warm?.child ?? (atWork(key) < CORES ? null : await nextInLine(key));
      return child ?? start(spec, key);
    },
    release(child, reusable) {
      child.listen(null);
      const key = all.get(child) ?? '';
      const isFit = reusable && child.alive();
      const next = waiting.find((place) => place.key === key);
      if (!isFit) child.kill();
      if (next) call(next, isFit ? child : null);
      else if (isFit) keep(child, key);
    },
    async close() {
      for (const entry of [...idle]) forget(entry);
      for (const child of all.keys()) child.kill();
      await Promise.all([...all.keys()].map((child) => child.exited));
    },
  };
}

/** Environment and memory are part of it: native libraries read both once, when they are loaded. */
function keyOf({ isolation, code, memory, env }: ChildSpec): string {
  return canonicalJson({ isolation, code, memory, env });
}
