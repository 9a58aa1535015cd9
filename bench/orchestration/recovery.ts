import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { type Part, readSystemRecord, type SystemRecord } from '../../cli/system/system-file.ts';
import { createClient } from '../../server/client.ts';
import { millrace, up } from './command-line.ts';
import type { Started } from './processes.ts';

/*
 * Ten steps of half a second, one after another, and SIGKILL at any moment of the sixth: to the workers, to the workers and
 * Temporal (the supervisor starts them again), and to all there is, supervisor included (`millrace up` starts it again).
 * `--rounds N --json`
 */

const { values } = parseArgs({
  options: { rounds: { type: 'string', default: '3' }, json: { type: 'boolean', default: false } },
});

const STEPS = 10;
const STEP_MS = 500;
const GOAL_MS = 5_000;
/** Steps that have started when the kill comes. What is left is the last of them, once more, and those after it. */
const STARTED = 6;
const LEFT_MS = (STEPS - STARTED + 1) * STEP_MS;

interface Blow {
  readonly name: string;
  /** Null for all, the supervisor included. */
  readonly parts: readonly Part[] | null;
}
const BLOWS: readonly Blow[] = [
  { name: 'workers', parts: ['workers'] },
  { name: 'workers and Temporal', parts: ['workers', 'temporal'] },
  { name: 'everything, and up again', parts: null },
];

interface Recovery {
  readonly blow: string;
  /** From the kill until the processes were there again; of the last case, until `up` was called. */
  readonly untilRestartMs: number;
  /** From there until the run had ended. */
  readonly afterRestartMs: number;
  /** Steps that started again, with the one that was under way. */
  readonly again: readonly number[];
}

async function startsIn(ledger: string): Promise<readonly number[]> {
  const text = await readFile(ledger, 'utf8').catch(() => '');
  return text.split('\n').filter(Boolean).map(Number);
}

async function until<T>(look: () => Promise<T | null>): Promise<T> {
  for (;;) {
    const found = await look();
    if (found !== null) return found;
    await delay(10);
  }
}

function kill(system: SystemRecord, { parts }: Blow): void {
  const killed = parts?.map((part) => system.parts[part]) ?? [system.supervisor, ...Object.values(system.parts)];
  for (const identity of killed) if (identity !== undefined) process.kill(identity.pid, 'SIGKILL');
}

/** Resolves when all that was killed is there again, by nobody's hand; or calls `up` where nobody was left to do it. */
async function restarted(home: string, before: SystemRecord, { parts }: Blow): Promise<readonly [number, Started[]]> {
  if (parts === null) {
    const at = Date.now();
    return [at, [await up(home)]];
  }
  await until(async () => {
    const now = await readSystemRecord(home);
    const isBack = parts.every((part) => (now?.parts[part]?.pid ?? 0) !== (before.parts[part]?.pid ?? 0));
    return isBack ? now : null;
  });
  return [Date.now(), []];
}

async function strike(home: string, blow: Blow, started: Started[]): Promise<Recovery> {
  const first = await up(home);
  started.unshift(first);
  const ledger = join(home, 'ledger');
  const file = join(import.meta.dirname, 'submitted/slow-chain.ts');
  const command = millrace(['run', file, `ledger=${ledger}`, '--home', home, '--detach']);
  const [id] = await command.says(/^\S+$/m);
  await command.ended;
  await until(async () => ((await startsIn(ledger)).length >= STARTED ? true : null));
  // At no moment of its own: the run's clockwork starts with each step, too.
  await delay(Math.random() * STEP_MS);
  kill(first.system, blow);
  const killedAt = Date.now();
  const [restartedAt, again] = await restarted(home, first.system, blow);
  started.unshift(...again);
  const { urls } = (await readSystemRecord(home)) ?? first.system;
  const client = createClient(urls.api, 'default');
  const run = await until(async () => {
    const detail = await client.run(id);
    return detail.run.endedAt === null ? null : detail.run;
  });
  if (run.status !== 'succeeded') throw new Error(`${blow.name}: the run ended as ${run.status}: ${run.error}`);
  const starts = await startsIn(ledger);
  return {
    blow: blow.name,
    untilRestartMs: restartedAt - killedAt,
    afterRestartMs: (run.endedAt ?? Number.NaN) - restartedAt,
    again: starts.filter((step, index) => starts.indexOf(step) < index),
  };
}

/** A system of its own for each: a part that dies again within a minute is started later. */
async function measure(blow: Blow): Promise<Recovery> {
  const folder = await mkdtemp(join(tmpdir(), 'millrace-recovery-'));
  const started: Started[] = [];
  try {
    return await strike(join(folder, 'home'), blow, started);
  } finally {
    for (const { stop } of started) await stop();
    await rm(folder, { recursive: true, force: true });
  }
}

function cells(these: readonly Recovery[]) {
  const sorted = (pick: (each: Recovery) => number) => these.map(pick).sort((one, other) => one - other);
  const both = (times: readonly number[]) =>
    [times[0], times[Math.floor(times.length / 2)]].map((ms = Number.NaN) => (ms / 1_000).toFixed(2)).join(' / ');
  const after = sorted(({ afterRestartMs }) => afterRestartMs);
  return {
    's to the restart': both(sorted(({ untilRestartMs }) => untilRestartMs)),
    's from there to the end': both(after),
    'less the steps left': both(after.map((ms) => ms - LEFT_MS)),
    'started again': these.map(({ again }) => again.map((step) => `step${step}`).join(' ') || 'none').join(', '),
    met: these.every(({ afterRestartMs, again }) => afterRestartMs <= GOAL_MS && again.length <= 1) ? 'yes' : 'no',
  };
}

const all: Recovery[] = [];
for (let round = 0; round < Number(values.rounds); round++) {
  for (const blow of BLOWS) all.push(await measure(blow));
}
if (values.json) console.log(JSON.stringify(all));
else
  console.table(Object.fromEntries(BLOWS.map(({ name }) => [name, cells(all.filter((each) => each.blow === name))])));
