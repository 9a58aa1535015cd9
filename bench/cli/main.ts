import { execFile } from 'node:child_process';
import { mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs, promisify } from 'node:util';
import { type Figures, interleaved } from '../orchestration/side.ts';
import { thousandTasks } from './thousand-tasks.ts';

/*
 * The command line as a person meets it: whole processes, from their start to their end. `--rounds N --json`. Ends with 1
 * where a median is over its limit.
 */

const { values } = parseArgs({
  options: { rounds: { type: 'string', default: '7' }, json: { type: 'boolean', default: false } },
});

const run = promisify(execFile);
const root = join(import.meta.dirname, '../..');
const cli = join(root, 'dist/cli/main.js');
const LIMITS_MS: Readonly<Record<string, number>> = {
  'millrace --help': 300,
  'compile, flights': 1_500,
  'compile, 1,000 tasks': 3_000,
};

/** A process that does nothing: what no program in Node can be quicker than. */
const EMPTY = 'node, an empty program';
/** How long it takes, at most, on a machine for which the limits are meant; on a slower one they grow as it does. */
const EMPTY_MS = 100;

function command(name: string, args: readonly string[]) {
  return { name, prepare: async () => () => run(process.execPath, [...args]) };
}

const folder = await mkdtemp(join(tmpdir(), 'millrace-bench-'));
try {
  const generated = join(folder, 'pipeline.ts');
  await writeFile(generated, thousandTasks());
  // The generated pipeline finds zod as one in a user's folder would.
  await symlink(join(root, 'node_modules'), join(folder, 'node_modules'));
  const flights = join(root, 'examples/flights/pipeline.ts');
  const sides = [
    command(EMPTY, ['-e', '']),
    command('millrace --help', [cli, '--help']),
    command('compile, flights', [cli, 'compile', flights, '-o', join(folder, 'flights.json')]),
    command('compile, 1,000 tasks', [cli, 'compile', generated, '-o', join(folder, 'thousand.json')]),
  ];
  const figures = await interleaved(sides, Number(values.rounds), 1);
  const empty = figures.find(({ name }) => name === EMPTY)?.median ?? EMPTY_MS;
  const judged = figures.map((each) => ({ ...each, limit: limitOf(each.name, empty) }));
  if (values.json) console.log(JSON.stringify(judged));
  else print(judged);
  if (!judged.every(isMet)) process.exitCode = 1;
} finally {
  await rm(folder, { recursive: true, force: true });
}

interface Judged extends Figures {
  readonly limit: number | null;
}

function limitOf(name: string, emptyMs: number): number | null {
  const limit = LIMITS_MS[name];
  return limit === undefined ? null : limit * Math.max(1, emptyMs / EMPTY_MS);
}

/** By the median: the least round says what the command can do, and not what a person gets. */
function isMet({ median, limit }: Judged): boolean {
  return limit === null || median <= limit;
}

function print(figures: readonly Judged[]): void {
  const rows = figures.map((each) => {
    const { name, min, median, cpu, limit } = each;
    const row = { 'min ms': min.toFixed(0), 'median ms': median.toFixed(0), 'CPU ms': cpu?.toFixed(0) ?? '' };
    const met = limit === null ? '' : isMet(each) ? 'yes' : 'no';
    return [name, { ...row, 'limit ms': limit?.toFixed(0) ?? '', met }];
  });
  console.table(Object.fromEntries(rows));
}
