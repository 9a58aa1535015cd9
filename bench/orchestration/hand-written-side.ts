import { join } from 'node:path';
import { ONE_QUEUE } from './hand-written/queues.ts';
import { startNode } from './processes.ts';
import type { Side } from './side.ts';
import type { Stage } from './stage.ts';

/** Which of the hand-written workflows, with how many activities, and where these are served. */
export interface HandWritten {
  readonly workflow: 'chain' | 'wide';
  readonly tasks: number;
  readonly taskQueue: string;
}

/** A worker process of the workflows that are written by hand, and runs of them. */
export async function startHandWritten({ address, client, keep }: Stage) {
  const launcher = join(import.meta.dirname, '../run.js');
  const worker = join(import.meta.dirname, 'hand-written/worker.ts');
  keep(await startNode([launcher, worker], { TEMPORAL_ADDRESS: address }));
  return (name: string, { workflow, tasks, taskQueue }: HandWritten): Side => {
    let runs = 0;
    return {
      name,
      prepare: async () => {
        const workflowId = `${workflow}-${tasks}-${taskQueue}-${++runs}`;
        const args = [taskQueue, tasks];
        return () => client.workflow.execute(workflow, { workflowId, taskQueue: ONE_QUEUE, args });
      },
    };
  };
}
