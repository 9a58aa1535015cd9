import { AsyncLocalStorage } from 'node:async_hooks';
import { isMainThread, parentPort } from 'node:worker_threads';
import { errorOf, reportOf } from './error-report.ts';
import type { HandlerPort, HandlerResult, MessageFromHandler, MessageToHandler } from './handler-protocol.ts';
import { loadSource } from './load-source.ts';
import { dieWithHost } from './orphan-guard.ts';
import { runStep } from './runnable-step.ts';

/*
 * The entry of the process or thread that handlers run in: one job at a time, the host at the other end of the
 * channel. Everything that this process may know is in the job's message and its environment.
 */

let running: AbortController | undefined;
/** Whose call it is that runs: what an earlier job left behind may still throw while a later one is at work. */
const owner = new AsyncLocalStorage<AbortController>();
/** Whether all that the last job left to be done at once is done. */
let hasRested = true;
/** False once an error came that nobody caught: what is left of this process cannot be trusted with another job. */
let isFit = true;
let requests = 0;
const waiting = new Map<number, (result: HandlerResult) => void>();
/** Taken before any handler runs: a handler that wraps or replaces these does not cut its own process off. */
const send = isMainThread ? process.send?.bind(process) : parentPort?.postMessage.bind(parentPort);
const { setTimeout, setImmediate } = globalThis;
const printed = [process.stdout, process.stderr].map((stream) => ({ stream, write: stream.write.bind(stream) }));
const activeResources = process.getActiveResourcesInfo.bind(process);

function tell(message: MessageFromHandler): void {
  send?.(message);
}

/** A port for one job; what a finished job still says is dropped, so that it is not taken for the next one's. */
function portFor(job: AbortController): HandlerPort {
  return {
    notify: (notice) => {
      if (running === job) tell({ kind: 'notice', notice });
    },
    request: async (request) => {
      if (running !== job) throw new Error('This task has ended; its context can no longer be used.');
      requests += 1;
      const id = requests;
      const answered = new Promise<HandlerResult>((resolve) => waiting.set(id, resolve));
      tell({ kind: 'request', id, request });
      const result = await answered;
      if (result.ok) return result.output;
      throw errorOf(result.error);
    },
  };
}

async function run({ job, endMark }: Extract<MessageToHandler, { kind: 'run' }>): Promise<void> {
  const controller = new AbortController();
  running = controller;
  hasRested = false;
  const started = () => tell({ kind: 'started' });
  // What modules start while they are loaded is of every job that uses them.
  const load = () => owner.exit(() => loadSource(job));
  const result = await owner.run(controller, () => runStep(load, job, portFor(controller), controller.signal, started));
  // Where an error that no promise carried came first, the result is told already.
  if (running === controller) finish(result, endMark);
}

/** The marks tell the host that it has seen all that this job printed; on Linux and macOS pipes are written at once. */
function finish(result: HandlerResult, endMark: string): void {
  running = undefined;
  waiting.clear();
  for (const { write } of printed) write(endMark);
  tell({ kind: 'result', result });
  // Timers fire in the order they were set in, so that those of the job that are due at once have their turn first, and
  // immediates after them. What throws there, or never ends, costs this process and no other task. A timer takes a
  // millisecond, as long as a light task: where the job left none, there is none to wait for.
  if (activeResources().includes('Timeout')) setTimeout(() => setImmediate(rest), 0);
  else setImmediate(rest);
}

function rest(): void {
  hasRested = true;
  tell({ kind: 'rested', isFit });
}

let endMark = '';
function receive(message: MessageToHandler): void {
  if (message.kind === 'stop') running?.abort(new Error(message.reason));
  if (message.kind === 'answer') {
    waiting.get(message.id)?.(message.result);
    waiting.delete(message.id);
  }
  // Nothing of it has run: the host gives it to another child once this one has ended.
  if (message.kind === 'run' && isFit) {
    endMark = message.endMark;
    void run(message);
  }
}

/**
 * Errors that no promise of the handler carries: from timers, streams, and forgotten promises. The host ends the process
 * once it knows, and the timer where the host does not. What a finished job brings up late is not held against the one
 * that runs now, after which the host hears that this process is not fit.
 */
function onUncaught(thrown: unknown): void {
  isFit = false;
  if (running && isOfFinishedJob()) return;
  if (running) finish({ ok: false, error: reportOf(thrown) }, endMark);
  // At once, before another job can begin; but a result may still be on its way to the host.
  if (hasRested) process.exit(1);
  setTimeout(() => process.exit(1), 1_000);
}

/** What a finished job still prints would stand in the log of the next one, and is dropped. */
function dropLatePrints(): void {
  for (const { stream, write } of printed) {
    stream.write = new Proxy(write, {
      apply(target, self, parameters) {
        if (!isOfFinishedJob()) return Reflect.apply(target, self, parameters);
        const written: unknown = parameters.at(-1);
        if (typeof written === 'function') queueMicrotask(() => written());
        return true;
      },
    });
  }
}

function isOfFinishedJob(): boolean {
  const culprit = owner.getStore();
  return culprit !== undefined && culprit !== running;
}

dropLatePrints();
process.on('uncaughtException', onUncaught);
process.on('unhandledRejection', onUncaught);
if (isMainThread) {
  process.on('message', receive);
  dieWithHost();
} else {
  parentPort?.on('message', receive);
}
