import { parentPort, workerData } from 'node:worker_threads';
import { openServedSession } from './onnx-session.ts';
import type { FromThread, ThreadStart, ToThread } from './thread-messages.ts';
import { warmUp } from './warm-up.ts';

/** A model's thread: load, warm, say so, then answer runs until it is told to close. */
async function main(): Promise<void> {
  const start = workerData as ThreadStart;
  const session = await openServedSession(start.modelPath);
  const rowwise = await warmUp(session, start);
  const signature = { inputs: session.inputs, outputs: session.outputs, rowwise, example: start.example };
  tell({ kind: 'loaded', signature });

  parentPort?.on('message', async (message: ToThread) => {
    if (message.kind === 'close') {
      await session.close();
      parentPort?.close();
      return;
    }
    const { id } = message;
    try {
      tell({ kind: 'answer', id, outputs: await session.run(message.feeds, message.outputs) });
    } catch (error) {
      tell({ kind: 'failed', id, message: wordsOf(error) });
    }
  });
}

function tell(message: FromThread): void {
  parentPort?.postMessage(message);
}

function wordsOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

main().catch((error: unknown) => tell({ kind: 'refused', message: wordsOf(error) }));
