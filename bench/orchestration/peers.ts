import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { Client, Connection } from '@temporalio/client';
import { startMillrace } from './millrace-side.ts';
import { PEERS, type RunningPeer, startPeer } from './peers/peer-side.ts';
import { type Started, startTemporal } from './processes.ts';
import { interleaved } from './side.ts';
import { printRows, type Row } from './table.ts';

/*
 * The same no-op tasks on Millrace and on its peers, rounds interleaved.
 * `--venvs FOLDER` (made by peers/make-venvs.sh) `--rounds N --json`
 */

const { values } = parseArgs({
  options: {
    venvs: { type: 'string', default: join(tmpdir(), 'millrace-peers') },
    rounds: { type: 'string', default: '3' },
    json: { type: 'boolean', default: false },
  },
});

const BENCHES = [
  { bench: 'chain of 10', tasks: 10, shape: 'chain' },
  { bench: 'fan-out of 100', tasks: 100, shape: 'wide' },
] as const;

async function startPeers() {
  const running: RunningPeer[] = [];
  const missing: string[] = [];
  for (const peer of PEERS) {
    try {
      const started = await startPeer(peer, values.venvs);
      running.push(started);
      // A peer that does not run here is said to be missing, and the others are measured all the same.
      await (await started.side('chain').prepare())();
    } catch (error) {
      if (running.at(-1)?.peer === peer.peer) await running.pop()?.stop();
      missing.push(`${peer.name}: ${error instanceof Error ? error.message : error}`);
    }
  }
  return { running, missing };
}

const folder = await mkdtemp(join(tmpdir(), 'millrace-bench-'));
const temporal = await startTemporal(folder);
const { running, missing } = await startPeers();
const started: Started[] = [...running, temporal];
try {
  const connection = await Connection.connect({ address: temporal.address });
  const millrace = await startMillrace(join(folder, 'home'), temporal.address, new Client({ connection }));
  started.unshift(millrace);
  const rows: Row[] = [];
  for (const { bench, tasks, shape } of BENCHES) {
    const sides = [await millrace.side('Millrace', shape), ...running.map((peer) => peer.side(shape))];
    const figures = await interleaved(sides, Number(values.rounds), 1);
    rows.push(...figures.map((each) => ({ bench, tasks, ...each })));
  }
  if (values.json) console.log(JSON.stringify({ rows, missing }));
  else printRows(rows);
  for (const line of missing) console.error(line);
  await connection.close();
} finally {
  for (const { stop } of started) await stop();
  await rm(folder, { recursive: true, force: true });
}
