import { fork } from 'node:child_process';
import type { Readable } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import { killTree } from '../../platform/signals.ts';
import type { MessageFromHandler, MessageToHandler } from './handler-protocol.ts';
import { signalled } from './signalled.ts';

/** What a child must be like; two jobs may share one only when all of this is equal. */
export interface ChildSpec {
  readonly isolation: 'process' | 'thread';
  readonly entry: string;
  /** Names the code, so that no process ever holds two versions of a step. */
  readonly code: string;
  /** Bytes; null for no limit of its own. */
  readonly memory: number | null;
  readonly env: Readonly<Record<string, string>>;
  /** Names the secrets of its jobs: what one of them has left in memory, or still prints, tells no other job a new one. */
  readonly secrets: string;
}

export interface ChildExit {
  readonly code: number | null;
  readonly signal: string | null;
  /** The runtime's own word that the heap was full (threads only; a process says it on stderr). */
  readonly outOfMemory: boolean;
}

interface ChildListener {
  readonly message: (message: MessageFromHandler) => void;
  /** Whatever was printed; not whole lines. */
  readonly output: (stream: 'stdout' | 'stderr', text: string) => void;
  /** Called once all that it printed has been heard. */
  readonly exit: (exit: ChildExit) => void;
}

/** A process or thread that runs handlers. */
export interface HandlerChild {
  readonly spec: ChildSpec;
  /** Leader of the child's process group; null for a thread. */
  readonly pid: number | null;
  /** Resolves when all that it printed has been heard, too. */
  readonly exited: Promise<ChildExit>;
  /** False from the moment it is killed, though a thread in a native call ends only when that does. */
  readonly alive: () => boolean;
  /** True once it has said anything: until then it starts, and loads code. */
  readonly isUp: () => boolean;
  /** Once what its last job left behind has had a turn: whether another job may come. At once where it had none. */
  readonly rested: () => Promise<boolean>;
  readonly send: (message: MessageToHandler) => void;
  /** Sets who hears the child; with null, what it says is dropped. */
  readonly listen: (listener: ChildListener | null) => void;
  /** Ends it and everything it started, at once. */
  readonly kill: () => void;
}

const PIPE_GRACE_MS = 1_000;
const DEAF_MS = 1_000;

export function startChild(spec: ChildSpec): HandlerChild {
  return spec.isolation === 'process' ? startProcess(spec) : startThread(spec);
}

function startProcess(spec: ChildSpec): HandlerChild {
  const child = fork(spec.entry, [], {
    serialization: 'advanced',
    env: spec.env,
    execArgv: heapLimit(spec.memory),
    // The fifth is the lifeline: it breaks when this process ends, however it ends (orphan-guard.ts).
    stdio: ['ignore', 'pipe', 'pipe', 'ipc', 'pipe'],
    // A process group of its own, for one signal to reach all that the handler starts; Windows has none.
    detached: process.platform !== 'win32',
  });
  child.on('error', () => undefined);
  const { pid, stdout, stderr } = child;
  if (pid === undefined || !stdout || !stderr) throw new Error(`No process could be started for ${spec.entry}.`);
  const ear = earOf(stdout, stderr);
  child.on('message', (message) => ear.message(message as MessageFromHandler));
  let gone = false;
  let killed = false;
  // Nothing that a child says can be heard any more; one that is about to end by itself is left to tell how.
  child.once('disconnect', () => setTimeout(() => gone || killTree(pid), DEAF_MS).unref());
  const ended = new Promise<ChildExit>((resolve) => {
    child.once('exit', (code, signal) => {
      gone = true;
      killTree(pid);
      resolve({ code, signal, outOfMemory: false });
    });
  });
  return {
    spec,
    pid,
    exited: ended.then((exit) => ear.ended(exit)),
    alive: () => !killed && !gone && child.connected,
    isUp: ear.hasHeard,
    rested: ear.rested,
    send: (message) => {
      ear.sent(message);
      if (child.connected) child.send(message, () => undefined);
    },
    listen: ear.listen,
    kill: () => {
      killed = true;
      if (!gone) killTree(pid);
    },
  };
}

function startThread(spec: ChildSpec): HandlerChild {
  const limit = spec.memory === null ? {} : { resourceLimits: { maxOldGenerationSizeMb: mebibytes(spec.memory) } };
  const worker = new Worker(spec.entry, { env: { ...spec.env }, execArgv: [], stdout: true, stderr: true, ...limit });
  const ear = earOf(worker.stdout, worker.stderr);
  worker.on('message', ear.message);
  let gone = false;
  let killed = false;
  let outOfMemory = false;
  worker.on('error', (error: Error & { code?: string }) => {
    outOfMemory ||= error.code === 'ERR_WORKER_OUT_OF_MEMORY';
  });
  const ended = new Promise<ChildExit>((resolve) => {
    worker.once('exit', (code) => {
      gone = true;
      resolve({ code, signal: null, outOfMemory });
    });
  });
  return {
    spec,
    pid: null,
    exited: ended.then((exit) => ear.ended(exit)),
    alive: () => !killed && !gone,
    isUp: ear.hasHeard,
    rested: ear.rested,
    send: (message) => {
      ear.sent(message);
      worker.postMessage(message);
    },
    listen: ear.listen,
    kill: () => {
      killed = true;
      void worker.terminate();
    },
  };
}

/** Reads a child's pipes from its first moment to its last, so that it is never held up by a full one. */
function earOf(stdout: Readable, stderr: Readable) {
  let listener: ChildListener | null = null;
  let exited: ChildExit | null = null;
  let hasHeard = false;
  let rested = signalled<boolean>();
  rested.signal(true);
  const closed = [stdout, stderr].map(
    (stream) => new Promise<void>((resolve) => void stream.once('close', resolve).once('end', resolve)),
  );
  stdout.setEncoding('utf8').on('data', (text: string) => listener?.output('stdout', text));
  stderr.setEncoding('utf8').on('data', (text: string) => listener?.output('stderr', text));
  return {
    hasHeard: () => hasHeard,
    rested: () => rested.promise,
    sent: ({ kind }: MessageToHandler) => {
      if (kind === 'run' && exited === null) rested = signalled();
    },
    message: (message: MessageFromHandler) => {
      hasHeard = true;
      if (message.kind === 'rested') rested.signal(message.isFit);
      listener?.message(message);
    },
    listen: (next: ChildListener | null) => {
      listener = next;
      if (exited) next?.exit(exited);
    },
    /** Waits until both pipes are read to their end; a process that left the group may hold them open for ever. */
    ended: async (exit: ChildExit) => {
      await Promise.race([Promise.all(closed), delay(PIPE_GRACE_MS, undefined, { ref: false })]);
      exited = exit;
      rested.signal(false);
      listener?.exit(exit);
      return exit;
    },
  };
}

function heapLimit(memory: number | null): string[] {
  return memory === null ? [] : [`--max-old-space-size=${mebibytes(memory)}`];
}

function mebibytes(bytes: number): number {
  return Math.max(1, Math.floor(bytes / 2 ** 20));
}
