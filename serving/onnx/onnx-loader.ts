import { Worker } from 'node:worker_threads';
import type { Servable, ServedSignature, TensorMap } from '../lifecycle/servable.ts';
import { readModelArtifact } from './model-artifact.ts';
import type { FromThread, ThreadStart, ToThread } from './thread-messages.ts';

/**
 * The compiled thread, also when this runs from source: Node 20 starts no thread from TypeScript.
 */
const THREAD = import.meta.url.endsWith('.ts')
  ? new URL('../../dist/serving/onnx/onnx-thread.js', import.meta.url)
  : new URL('./onnx-thread.js', import.meta.url);

/**
 * Loads a model in a thread of its own, and runs it there too. ONNX Runtime loads and computes on the thread that asks,
 * and a session cannot change threads: one loaded off the serving loop has to run off it as well. So neither a swap nor
 * a slow model holds up anybody else's requests, and the hop between threads is paid once a batch, not once a request.
 *
 * @throws Error when the artifact is no model, ONNX Runtime refuses it, or its example row cannot be computed.
 */
export async function loadOnnx(path: string): Promise<Servable> {
  const start = await readModelArtifact(path);
  const worker = new Worker(THREAD, { workerData: start satisfies ThreadStart, name: 'model' });
  const signature = await new Promise<ServedSignature>((resolve, reject) => {
    worker.once('message', (message: FromThread) => {
      if (message.kind === 'loaded') resolve(message.signature);
      else reject(new Error(message.kind === 'refused' ? message.message : `unexpected '${message.kind}'`));
    });
    worker.once('error', reject);
    worker.once('exit', (code) => reject(new Error(`its thread ended with code ${code} while it loaded the model`)));
  });
  return new ThreadServable(worker, signature);
}

interface Waiter {
  readonly resolve: (outputs: TensorMap) => void;
  readonly reject: (error: Error) => void;
}

class ThreadServable implements Servable {
  readonly signature: ServedSignature;
  readonly #worker: Worker;
  readonly #waiters = new Map<number, Waiter>();
  #lastId = 0;
  #alive = true;

  constructor(worker: Worker, signature: ServedSignature) {
    this.#worker = worker;
    this.signature = signature;
    worker.on('message', (message: FromThread) => this.#settle(message));
    worker.on('error', (error) => this.#die(`its thread died: ${error.message}`));
    worker.on('exit', () => this.#die('its thread has ended'));
  }

  get alive(): boolean {
    return this.#alive;
  }

  run(feeds: TensorMap, outputs: readonly string[]): Promise<TensorMap> {
    return new Promise((resolve, reject) => {
      if (!this.#alive) return reject(new Error('the thread of the model has ended'));
      this.#lastId += 1;
      this.#waiters.set(this.#lastId, { resolve, reject });
      this.#worker.postMessage({ kind: 'run', id: this.#lastId, feeds, outputs } satisfies ToThread);
    });
  }

  async close(): Promise<void> {
    if (!this.#alive) return;
    const ended = new Promise<void>((resolve) => this.#worker.once('exit', () => resolve()));
    this.#worker.postMessage({ kind: 'close' } satisfies ToThread);
    await ended;
  }

  #settle(message: FromThread): void {
    if (message.kind !== 'answer' && message.kind !== 'failed') return;
    const waiter = this.#waiters.get(message.id);
    this.#waiters.delete(message.id);
    if (message.kind === 'answer') waiter?.resolve(message.outputs);
    else waiter?.reject(new Error(message.message));
  }

  #die(reason: string): void {
    this.#alive = false;
    for (const waiter of this.#waiters.values()) waiter.reject(new Error(reason));
    this.#waiters.clear();
  }
}
