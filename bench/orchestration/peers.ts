import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { startMillrace } from './millrace-side.ts';
import { PEERS, type RunningPeer, startPeer } from './peers/peer-side.ts';
import { interleaved } from './side.ts';
import { onStage, type Stage } from './stage.ts';
import { printRows, type Row } from './table.ts';

/*
 * The same no-op tasks on Millrace and on its peers, rounds interleaved. Light tasks run in the worker's own process, as the
 * steps of Dagster, Prefect, DBOS and Restate do here in theirs.
 * `--peers FOLDER` (made by peers/install.sh) `--only PEER,PEER --rounds N --json`
 */

const { values } = parseArgs({
  options: {
    peers: { type: 'string', default: join(tmpdir(), 'millrace-peers') },
    only: { type: 'string', default: PEERS.map(({ peer }) => peer).join(',') },
    rounds: { type: 'string', default: '3' },
    json: { type: 'boolean', default: false },
  },
});

const BENCHES = [
  { bench: 'chain of 10', tasks: 10, shape: 'chain', light: 'lightChain' },
  { bench: 'fan-out of 100', tasks: 100, shape: 'wide', light: 'lightWide' },
] as const;

async function startPeers(keep: Stage['keep']) {
  const running: RunningPeer[] = [];
  const missing: string[] = [];
  const wanted = values.only.split(',');
  for (const peer of PEERS.filter((each) => wanted.includes(each.peer))) {
    try {
      const started = keep(await startPeer(peer, values.peers));
      // A peer that does not run here is said to be missing, and the others are measured all the same.
      await (await started.side('chain').prepare())();
      running.push(started);
    } catch (error) {
      missing.push(`${peer.name}: ${error instanceof Error ? error.message : error}`);
    }
  }
  return { running, missing };
}

await onStage(async ({ folder, address, client, keep }) => {
  const { running, missing } = await startPeers(keep);
  const millrace = keep(await startMillrace(join(folder, 'home'), address, client));
  const rows: Row[] = [];
  for (const { bench, tasks, shape, light } of BENCHES) {
    const sides = [
      await millrace.side('Millrace', shape),
      await millrace.side('Millrace, light tasks', light),
      ...running.map((peer) => peer.side(shape)),
    ];
    const figures = await interleaved(sides, Number(values.rounds), 1);
    rows.push(...figures.map((each) => ({ bench, tasks, ...each })));
  }
  if (values.json) console.log(JSON.stringify({ rows, missing }));
  else printRows(rows);
  for (const line of missing) console.error(line);
});
