import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import type { Client } from '@temporalio/client';
import { startMillrace } from './millrace-side.ts';
import { onStage } from './stage.ts';

/*
 * Fan-outs of more and more items, one after another on one system: what a task costs, the largest history that any
 * workflow of the run came to, and the most memory that the worker process has had so far.
 * `--items 1000,10000 --rounds 1 --light`
 */

const { values } = parseArgs({
  options: {
    items: { type: 'string', default: '1000,10000,100000' },
    rounds: { type: 'string', default: '1' },
    light: { type: 'boolean', default: false },
  },
});

interface Width {
  readonly items: number;
  readonly ms: number;
  readonly workflows: number;
  readonly events: number;
  readonly bytes: number;
  readonly workerMiB: number;
}

/** The largest of the run's histories, those of its parts included. */
async function historiesOf(client: Client, runId: string) {
  const query = `WorkflowId = "default/run/${runId}" OR WorkflowId STARTS_WITH "default/part/${runId}/"`;
  let workflows = 0;
  let events = 0;
  let bytes = 0;
  for await (const { historyLength, historySize } of client.workflow.list({ query })) {
    workflows++;
    events = Math.max(events, historyLength);
    bytes = Math.max(bytes, historySize ?? 0);
  }
  return { workflows, events, bytes };
}

/** The most that was resident at once. */
async function peakOf(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  return Number(/VmHWM:\s+(\d+) kB/.exec(status)?.[1] ?? Number.NaN) / 1024;
}

async function measure(client: Client, millrace: Awaited<ReturnType<typeof startMillrace>>, items: number) {
  const pipeline = values.light ? 'lightWidth' : 'width';
  const side = await millrace.side('Millrace', pipeline, { items });
  const work = await side.prepare();
  const began = performance.now();
  await work();
  const ms = performance.now() - began;
  const workerMiB = await peakOf(millrace.pid);
  return { items, ms, workerMiB, ...(await historiesOf(client, millrace.lastRun())) } satisfies Width;
}

function cells({ items, ms, workflows, events, bytes, workerMiB }: Width, base: Width) {
  return {
    items,
    s: (ms / 1_000).toFixed(1),
    'tasks/s': Math.round((items / ms) * 1_000),
    'cost ratio': (ms / items / (base.ms / base.items)).toFixed(2),
    workflows,
    'most events': events,
    'most MB': (bytes / 1e6).toFixed(2),
    'worker MiB': Math.round(workerMiB),
  };
}

await onStage(async ({ folder, address, client, keep }) => {
  const millrace = keep(await startMillrace(join(folder, 'home'), address, client));
  await measure(client, millrace, 100);
  const rows: Width[] = [];
  for (let round = 0; round < Number(values.rounds); round++) {
    for (const items of values.items.split(',').map(Number)) {
      const row = await measure(client, millrace, items);
      rows.push(row);
      console.log(JSON.stringify(row));
    }
  }
  console.table(rows.map((row) => cells(row, rows[0] ?? row)));
});
