import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, mkdirSync, openSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { killTree } from '../../platform/signals.ts';
import type { PartSpec } from './part-spec.ts';

/** One life of a part: a child process in a group of its own, its output in a log file. */
export interface PartProcess {
  readonly pid: number;
  /** @throws Error when it fails, ends, or is not ready in time; the message has its reason. */
  readonly ready: Promise<void>;
  /** How it ended: `status 1`, `signal SIGKILL`. */
  readonly ended: Promise<string>;
  stop(): Promise<void>;
}

const READY_WITHIN_MS = 60_000;

/**
 * Starts a part. A group of its own keeps a terminal's Ctrl-C from reaching it: the supervisor ends parts in order.
 *
 * @throws Error when the command cannot be started at all.
 */
export async function startPart(spec: PartSpec, logFile: string): Promise<PartProcess> {
  mkdirSync(dirname(logFile), { recursive: true });
  const log = openSync(logFile, 'a');
  const child = spawn(spec.command, [...spec.args], {
    env: { ...process.env, ...spec.env },
    stdio: spec.ready === 'ipc' ? ['ignore', log, log, 'ipc'] : ['ignore', log, log],
    detached: process.platform !== 'win32',
  });
  closeSync(log);
  await once(child, 'spawn');
  const ended = once(child, 'exit').then(([code, signal]) => (signal === null ? `status ${code}` : `signal ${signal}`));
  const ready = whenReady(spec, child, ended, logFile);
  ready.catch(() => {});
  return { pid: child.pid ?? 0, ready, ended, stop: () => stop(spec, child, ended) };
}

async function whenReady(spec: PartSpec, child: ChildProcess, ended: Promise<string>, logFile: string): Promise<void> {
  const waiting = new AbortController();
  const timer = setTimeout(() => waiting.abort(), READY_WITHIN_MS);
  try {
    await Promise.race([
      spec.ready === 'ipc' ? readyMessage(child, spec.part) : spec.ready(waiting.signal),
      ended.then(async (how) => {
        throw new Error(`${spec.part} ended with ${how} before it was ready. ${await reasonIn(logFile)}`);
      }),
      once(waiting.signal, 'abort').then(() => {
        throw new Error(`${spec.part} was not ready within ${READY_WITHIN_MS / 1_000} s. Its log is ${logFile}.`);
      }),
    ]);
  } finally {
    clearTimeout(timer);
    waiting.abort();
  }
}

function readyMessage(child: ChildProcess, part: string): Promise<void> {
  return new Promise((resolve, reject) => {
    child.on('message', (message: unknown) => {
      if (typeof message !== 'object' || message === null || !('kind' in message)) return;
      if (message.kind === 'ready') resolve();
      if (message.kind === 'failed') {
        reject(
          new Error(`${part} could not start: ${'message' in message ? String(message.message) : 'no reason given'}`),
        );
      }
    });
  });
}

/**
 * The line of a log that most likely says why: one of a taken port, after which Temporal goes on to panic; the last error;
 * or else the last line that is no part of a stack.
 */
async function reasonIn(logFile: string): Promise<string> {
  const lines = (await readFile(logFile, 'utf8')).trimEnd().split('\n').slice(-300);
  const said = lines.filter((line) => !/^\s+at |^Node\.js v|^\s*\^*$/.test(line));
  const [inUse, error] = [/address already in use/, /error/i].map((words) => said.findLast((line) => words.test(line)));
  const reason = inUse ?? error ?? said.at(-1) ?? '';
  return `Its log (${logFile}) says: ${reason.slice(0, 300)}`;
}

async function stop(spec: PartSpec, child: ChildProcess, ended: Promise<string>): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill('SIGTERM');
  const timer = setTimeout(() => killTree(child.pid ?? 0), spec.graceMs);
  await ended;
  clearTimeout(timer);
}
