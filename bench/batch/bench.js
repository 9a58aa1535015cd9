/**
 * Millrace's data path against the same job in pandas, scikit-learn and ONNX Runtime.
 *
 *     node bench/batch/bench.js [--rounds 3] [--python PYTHON]
 *
 * Rounds are interleaved, each side a fresh process; the table shows the least of each phase. `total` is from the source
 * file to both files of predictions, with the engines of either side loaded; what Millrace does beyond that (publishing
 * to DuckDB) stands below it. `cpu` is seconds of all threads and processes, which says more where others are at work on
 * the machine.
 */
import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs, promisify } from 'node:util';
import { build } from 'esbuild';

const run = promisify(execFile);
const root = fileURLToPath(new URL('../..', import.meta.url));
const { values } = parseArgs({
  options: { rounds: { type: 'string', default: '3' }, python: { type: 'string', default: 'python3' } },
});
const source = join(root, 'node_modules/vega-datasets/data/flights-3m.parquet');
const folder = await mkdtemp(join(root, 'bench/batch/.run-'));
const scratch = await mkdtemp(join(tmpdir(), 'millrace-bench-'));

async function bundleOurs() {
  const file = join(folder, 'data-path.mjs');
  await build({
    entryPoints: [join(root, 'bench/batch/data-path.ts')],
    outfile: file,
    bundle: true,
    platform: 'node',
    format: 'esm',
    packages: 'external',
    alias: {
      millrace: join(root, 'dsl/index.ts'),
      'millrace/steps': join(root, 'activities/steps.ts'),
      'millrace/data': join(root, 'data/index.ts'),
      'millrace/onnx': join(root, 'inference/index.ts'),
    },
  });
  return file;
}

function least(rounds, what) {
  const phases = [...new Set(rounds.flatMap((round) => Object.keys(round[what])))];
  return Object.fromEntries(
    phases.map((phase) => [phase, Math.min(...rounds.map((round) => round[what][phase] ?? Infinity))]),
  );
}

function compare(answers, what) {
  const ours = least(answers.millrace, what);
  const theirs = least(answers.peer, what);
  const rows = Object.keys(ours).map((phase) => {
    const ratio = theirs[phase] === undefined ? '' : (theirs[phase] / ours[phase]).toFixed(1);
    return [phase, { millrace: ours[phase].toFixed(2), peer: theirs[phase]?.toFixed(2) ?? '', ratio }];
  });
  console.log(what);
  console.table(Object.fromEntries(rows));
}

try {
  const file = await bundleOurs();
  const sides = {
    millrace: () => run(process.execPath, [file, source]),
    peer: () => run(values.python, [join(root, 'bench/batch/peer.py'), source, join(scratch, 'peer')]),
  };
  const answers = { millrace: [], peer: [] };
  for (let round = 0; round < Number(values.rounds); round++) {
    for (const [side, start] of Object.entries(sides)) {
      const { stdout } = await start();
      answers[side].push(JSON.parse(stdout.trim().split('\n').at(-1)));
    }
  }
  compare(answers, 'seconds');
  compare(answers, 'cpu');
  for (const [side, [first]] of Object.entries(answers)) {
    console.log(
      `${side}: AUC ${first.auc.toFixed(4)}, log loss ${first.logLoss.toFixed(4)}, Brier ${first.brier.toFixed(4)}`,
    );
  }
} finally {
  await rm(folder, { recursive: true, force: true });
  await rm(scratch, { recursive: true, force: true });
}
