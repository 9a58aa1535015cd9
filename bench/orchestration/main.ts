import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { Client, Connection } from '@temporalio/client';
import { ONE_QUEUE, TASK_QUEUE } from './hand-written/queues.ts';
import { startMillrace } from './millrace-side.ts';
import { type Started, startNode, startTemporal } from './processes.ts';
import { interleaved, type Side } from './side.ts';
import { printRows, type Row } from './table.ts';

/*
 * A chain of 10 no-op tasks and a fan-out of 100, on Millrace (without a cache, as activities are; with it; as light tasks) and as Temporal workflows written by hand, against one
 * server; rounds are interleaved. `--rounds N --warm-ups N --json`
 */

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '15' },
    'warm-ups': { type: 'string', default: '4' },
    json: { type: 'boolean', default: false },
  },
});

const BENCHES = [
  { bench: 'chain of 10', tasks: 10, workflow: 'chain', cached: 'cachedChain', light: 'lightChain' },
  { bench: 'fan-out of 100', tasks: 100, workflow: 'wide', cached: 'cachedWide', light: 'lightWide' },
] as const;

function handWritten(client: Client, name: string, workflow: string, taskQueue: string): Side {
  let runs = 0;
  return {
    name,
    prepare: async () => {
      const workflowId = `${workflow}-${taskQueue}-${++runs}`;
      return () => client.workflow.execute(workflow, { workflowId, taskQueue: ONE_QUEUE, args: [taskQueue] });
    },
  };
}

async function measure(client: Client, millrace: Awaited<ReturnType<typeof startMillrace>>): Promise<Row[]> {
  const rows: Row[] = [];
  for (const { bench, tasks, workflow, cached, light } of BENCHES) {
    const sides = [
      handWritten(client, 'hand-written, tasks on their own queue', workflow, TASK_QUEUE),
      handWritten(client, 'hand-written, all on one queue', workflow, ONE_QUEUE),
      await millrace.side("Millrace, cache: 'off'", workflow),
      await millrace.side('Millrace, the default step (cache on, missed)', cached),
      await millrace.side('Millrace, light tasks', light),
    ];
    const figures = await interleaved(sides, Number(values.rounds), Number(values['warm-ups']));
    rows.push(...figures.map((each) => ({ bench, tasks, ...each })));
  }
  return rows;
}

const folder = await mkdtemp(join(tmpdir(), 'millrace-bench-'));
const temporal = await startTemporal(folder);
const started: Started[] = [temporal];
try {
  const connection = await Connection.connect({ address: temporal.address });
  const client = new Client({ connection });
  const launcher = join(import.meta.dirname, '../run.js');
  const worker = join(import.meta.dirname, 'hand-written/worker.ts');
  started.unshift(await startNode([launcher, worker], { TEMPORAL_ADDRESS: temporal.address }));
  const millrace = await startMillrace(join(folder, 'home'), temporal.address, client);
  started.unshift(millrace);
  const rows = await measure(client, millrace);
  if (values.json) console.log(JSON.stringify(rows));
  else printRows(rows);
  await connection.close();
} finally {
  for (const { stop } of started) await stop();
  await rm(folder, { recursive: true, force: true });
}
