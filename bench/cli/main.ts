import { execFile } from 'node:child_process';
import { mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs, promisify } from 'node:util';
import { interleaved } from '../orchestration/side.ts';
import { thousandTasks } from './thousand-tasks.ts';

/*
 * The command line as a person meets it: whole processes, from their start to their end. `--rounds N --json`
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
  if (values.json)
    console.log(JSON.stringify(figures.map((each) => ({ ...each, limit: LIMITS_MS[each.name] ?? null }))));
  else print(figures);
} finally {
  await rm(folder, { recursive: true, force: true });
}

function print(figures: Awaited<ReturnType<typeof interleaved>>): void {
  const rows = figures.map(({ name, min, median, cpu }) => {
    const limit = LIMITS_MS[name];
    const met = limit === undefined ? '' : min <= limit ? 'yes' : 'no';
    const row = { 'min ms': min.toFixed(0), 'median ms': median.toFixed(0), 'CPU ms': cpu?.toFixed(0) ?? '' };
    return [name, { ...row, 'limit ms': limit ?? '', met }];
  });
  console.table(Object.fromEntries(rows));
}
