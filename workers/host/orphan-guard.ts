import { Worker } from 'node:worker_threads';

/** The file descriptor of a pipe whose other end only the host holds. */
export const LIFELINE_FD = 4;

/*
 * A thread of its own, for a handler may block the main thread for hours and a message on its channel would not be
 * seen. The pipe ends when the host does, however it ends. What the handler started is in the same process group.
 */
const WATCH = `
const { Socket } = require('node:net');
const { workerData } = require('node:worker_threads');
const line = new Socket({ fd: workerData.fd, readable: true, writable: false });
const end = () => {
  try { process.kill(-workerData.pid, 'SIGKILL'); } catch {}
  process.kill(workerData.pid, 'SIGKILL');
};
line.on('error', end).on('close', end).resume();
`;

/** Ends this process, and its group, as soon as the host is gone. */
export function dieWithHost(): void {
  const watch = new Worker(WATCH, { eval: true, workerData: { fd: LIFELINE_FD, pid: process.pid }, stdin: false });
  watch.unref();
}
