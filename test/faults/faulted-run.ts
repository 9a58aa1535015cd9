import { copyFile, mkdir, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { RunDetail } from '../../server/client.ts';
import { openStores, storeSettings } from '../../store/open-stores.ts';
import { millrace } from '../support/command-line.ts';
import { until } from '../support/until.ts';
import { linesIn } from './pipeline/ledger.ts';
import { recipeOf } from './pipeline/recipe.ts';
import type { Stage } from './stage.ts';
import { wholeDetail } from './whole-detail.ts';

/** A run of a random pipeline that is under way. */
export interface FaultedRun {
  readonly id: string;
  /** Of its recipe: the same gives the same pipeline. */
  readonly seed: number;
  /** Its handlers' ledger lies there, and traps are set there. */
  readonly folder: string;
  /** Whether the suite has asked for its end, which nobody else does. */
  readonly wasCancelled: boolean;
  /** Null of one that takes nothing over. */
  readonly retries: RetriedRun | null;
  /** How the pipeline ends in a process of its own, where nothing happens to it. */
  readonly undisturbed: Promise<RunDetail>;
  /** Resolves when it has ended; after that it can no longer be harmed. */
  readonly ended: Promise<void>;
  readonly hasEnded: () => boolean;
}

/** What a retry goes on from. */
export interface RetriedRun {
  readonly id: string;
  /** So many lines of the ledger, which the retry goes on with, tell of it. */
  readonly lines: number;
}

const PIPELINE_OF = resolve(import.meta.dirname, 'pipeline/pipeline-of.suite.ts');
const COMMAND = resolve(import.meta.dirname, 'pipeline/command.mjs');
/** Far more than any run takes; a run that hangs is to fail, not to be waited for. */
const ENDS_WITHIN_MS = 600_000;

/** A random pipeline that the system knows: further runs of it are asked for by a request alone. */
export interface KnownPipeline {
  readonly seed: number;
  readonly compiledDigest: string;
  readonly undisturbed: Promise<RunDetail>;
}

/** Compiles it by the command line, as its first run. */
export async function firstRun(stage: Stage, seed: number, pauseMs: number): Promise<[FaultedRun, KnownPipeline]> {
  const folder = join(stage.folder, `pipeline-${seed}`);
  const [disturbed, calm] = [join(folder, 'disturbed'), join(folder, 'calm')];
  const [file, calmFile] = await Promise.all([writePipeline(disturbed, seed, false), writePipeline(calm, seed, true)]);
  const id = await stage.system().submit(file, { folder: disturbed, pauseMs: String(pauseMs) });
  const undisturbed = runUndisturbed(calmFile, calm);
  // Whoever awaits it hears of it; until then nobody does, and Node would end the process.
  undisturbed.catch(() => undefined);
  const { run } = await stage.client().run(id);
  const pipeline = { seed, compiledDigest: run.compiledDigest, undisturbed };
  return [followed(stage, pipeline, id, disturbed), pipeline];
}

export async function anotherRun(
  stage: Stage,
  pipeline: KnownPipeline,
  number: number,
  pauseMs: number,
): Promise<FaultedRun> {
  const folder = join(stage.folder, `pipeline-${pipeline.seed}`, `run-${number}`);
  await mkdir(folder);
  const { compiledDigest } = pipeline;
  const { run } = await stage.client().submitRun({ compiledDigest, params: { folder, pauseMs } });
  return followed(stage, pipeline, run.id, folder);
}

/** One that a retry of another has begun. */
export async function retriedRun(stage: Stage, before: FaultedRun, id: string): Promise<FaultedRun> {
  const lines = (await linesIn(before.folder)).length;
  return { ...followed(stage, before, id, before.folder), retries: { id: before.id, lines } };
}

type Followed = Pick<FaultedRun, 'seed' | 'undisturbed'>;

function followed(stage: Stage, { seed, undisturbed }: Followed, id: string, folder: string): FaultedRun {
  const state = { hasEnded: false };
  const ended = untilEnded(stage, id).then(() => {
    state.hasEnded = true;
  });
  ended.catch(() => undefined);
  const hasEnded = () => state.hasEnded;
  return { id, seed, folder, wasCancelled: false, retries: null, undisturbed, ended, hasEnded };
}

async function writePipeline(folder: string, seed: number, isUndisturbed: boolean): Promise<string> {
  await mkdir(folder, { recursive: true });
  await copyFile(COMMAND, join(folder, 'command.mjs'));
  const file = join(folder, 'pipeline.ts');
  const recipe = JSON.stringify(recipeOf(seed));
  const made = `export default pipelineOf(${recipe}, { isUndisturbed: ${isUndisturbed} });`;
  await writeFile(file, `import { pipelineOf } from ${JSON.stringify(PIPELINE_OF)};\n${made}\n`);
  return file;
}

async function runUndisturbed(file: string, folder: string): Promise<RunDetail> {
  const home = join(folder, 'home');
  const place = ['--local', '--home', home, '-o', 'json'];
  const { out, err } = await millrace('run', file, `folder=${folder}`, 'pauseMs=0', ...place);
  if (out === '') throw new Error(`The undisturbed run did not begin: ${err}`);
  const stores = await openStores(storeSettings({ MILLRACE_HOME: home }));
  try {
    return await wholeDetail(stores.metadata.tasks, JSON.parse(out) as RunDetail);
  } finally {
    await stores.close();
  }
}

/** Approves meanwhile what asks for it. */
async function untilEnded(stage: Stage, id: string): Promise<void> {
  const look = async () => {
    await delay(200);
    // The API is killed, too.
    const detail = await stage
      .client()
      .run(id)
      .catch(() => null);
    if (detail === null) return false;
    for (const { path, kind, status } of detail.tasks) {
      if (kind !== 'approval' || status !== 'waiting') continue;
      await stage
        .client()
        .decide(id, { path, approved: true })
        .catch(() => undefined);
    }
    return detail.run.endedAt !== null;
  };
  await until(`run ${id} ends`, look, ENDS_WITHIN_MS);
}
