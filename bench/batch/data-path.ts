import { type ChildProcess, fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { createLocalTasks, type LocalTasks } from '../../activities/local-task.suite.ts';
import {
  evaluate,
  fitTransform,
  importArtifactStep,
  joinPredictions,
  planPredictions,
  predictRows,
  preprocess,
  publishPredictions,
  splitByTimeStep,
} from '../../activities/steps.ts';
import { withDuckDB } from '../../data/index.ts';
import type { AnyHandler } from '../../dsl/step.ts';
import { cleaning } from '../../examples/flights/cleaning.ts';
import { features } from '../../examples/flights/features.ts';
import { train } from '../../examples/flights/steps/train.ts';

/*
 * The data path of examples/flights without Temporal: the same handlers, single tasks in this process, fan-outs in two
 * child processes that are warm, as a worker's are. `node data-path.js FLIGHTS.parquet` prints one line of JSON.
 */

interface AnyStep {
  readonly contract: { readonly name: string };
  readonly inputSchema: { parse(value: unknown): unknown };
  readonly outputSchema: { parse(value: unknown): unknown };
  readonly handler: AnyHandler | undefined;
}
type Output = Record<string, never>;

const STEPS: readonly AnyStep[] = [train, predictRows];

async function runStep(tasks: LocalTasks, step: AnyStep, input: unknown): Promise<Output> {
  const task = await tasks.task(step.contract.name, { runId: 'bench' });
  const output = await step.handler?.({ input: step.inputSchema.parse(input), task });
  return step.outputSchema.parse(output) as Output;
}

/** Loads both engines before the clock starts, as the peer's imports are. */
async function warmUp(): Promise<void> {
  await withDuckDB((connection) => connection.run('SELECT 1'));
  await import('onnxruntime-node');
}

async function serve(): Promise<void> {
  await warmUp();
  const tasks = await createLocalTasks();
  process.on('message', async ({ name, input }: { name: string; input: unknown }) => {
    const step = STEPS.find(({ contract }) => contract.name === name);
    const before = process.cpuUsage();
    if (step) process.send?.({ output: await runStep(tasks, step, input), cpu: cpuSince(before) });
  });
  process.on('disconnect', async () => {
    await tasks.remove();
    process.exit();
  });
  process.send?.('ready');
}

/** Seconds of all threads of this process. */
function cpuSince(before: NodeJS.CpuUsage): number {
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1e6;
}

async function main(source: string): Promise<void> {
  const tasks = await createLocalTasks();
  const children = [fork(fileURLToPath(import.meta.url), ['serve']), fork(fileURLToPath(import.meta.url), ['serve'])];
  await Promise.all(children.map((child) => new Promise((resolve) => child.once('message', resolve))));
  await warmUp();
  try {
    console.log(JSON.stringify(await dataPath(tasks, children, source)));
  } finally {
    for (const child of children) child.disconnect();
    await tasks.remove();
  }
}

async function dataPath(tasks: LocalTasks, children: readonly ChildProcess[], source: string) {
  const seconds: Record<string, number> = {};
  const cpu: Record<string, number> = {};
  const start = performance.now();
  const timed = async <T>(phase: string, work: Promise<T>): Promise<T> => {
    const from = performance.now();
    const before = process.cpuUsage();
    const result = await work;
    seconds[phase] = (seconds[phase] ?? 0) + (performance.now() - from) / 1000;
    cpu[phase] = (cpu[phase] ?? 0) + cpuSince(before);
    return result;
  };
  const sideBySide = async (phase: string, step: AnyStep, inputs: readonly unknown[]): Promise<Output[]> => {
    const answers = await timed(phase, each(children, step, inputs));
    cpu[phase] = answers.reduce((sum, answer) => sum + answer.cpu, cpu[phase] ?? 0);
    return answers.map(({ output }) => output);
  };
  const one = (phase: string, step: AnyStep, input: unknown) => timed(phase, runStep(tasks, step, input));
  const predict = async (phase: string, input: { model: unknown; rows: unknown; keep: string[] }) => {
    const plan = await one(phase, planPredictions, { rows: input.rows });
    const jobs = [...(plan.chunks ?? [])].map((chunk) => ({ ...input, chunk }));
    const parts = (await sideBySide(phase, predictRows, jobs)).map(({ part }) => part);
    return one(phase, joinPredictions, { parts, rows: plan.rows });
  };

  const imported = await one('import', importArtifactStep, { uri: source, artifact: 'dataset' });
  const clean = await one('preprocess', preprocess, { data: imported.artifact, ...cleaning });
  const times = { column: 'date', holdoutFrom: '2001-05-01', scoreFrom: '2001-06-01' };
  const { training, holdout, score } = await one('split', splitByTimeStep, { data: clean.data, ...times });
  const { transform } = await one('fitTransform', fitTransform, { data: training, features });
  const trials = [0.1, 0.3].map((learningRate) => ({ training, transform, target: 'late', learningRate }));
  const trained = await sideBySide('train', train, trials);
  const best = trained.reduce((left, right) => (Number(right.logLoss) < Number(left.logLoss) ? right : left));
  const may = await predict('predictMay', { model: best.model, rows: holdout, keep: ['late', 'origin'] });
  const report = { predictions: may.predictions, label: 'late', slices: ['origin'] };
  const { auc, logLoss, brier } = await one('evaluate', evaluate, report);
  const keep = ['flight_id', 'date', 'origin', 'destination'];
  const june = await predict('predictJune', { model: best.model, rows: score, keep });
  seconds.total = (performance.now() - start) / 1000;
  cpu.total = Object.values(cpu).reduce((sum, phase) => sum + phase, 0);
  const sink = { database: `${tasks.folder}/june.duckdb`, table: 'flight_delays', partition: '2001-06' };
  await one('publish', publishPredictions, { predictions: june.predictions, ...sink });
  return { seconds, cpu, auc, logLoss, brier, rejected: clean.rejected };
}

interface Answer {
  readonly output: Output;
  readonly cpu: number;
}

/** Runs a step for each input, as many at once as there are children. */
async function each(children: readonly ChildProcess[], step: AnyStep, inputs: readonly unknown[]): Promise<Answer[]> {
  const results: Answer[] = [];
  let next = 0;
  const drain = async (child: ChildProcess) => {
    while (next < inputs.length) {
      const index = next++;
      const answer = new Promise<Answer>((resolve, reject) => {
        child.once('message', resolve);
        child.once('exit', (code) => reject(new Error(`A child that ran ${step.contract.name} ended with ${code}.`)));
      });
      child.send({ name: step.contract.name, input: inputs[index] });
      results[index] = await answer;
    }
  };
  await Promise.all(children.map(drain));
  return results;
}

if (process.argv[2] === 'serve') await serve();
else await main(process.argv[2] ?? '');
