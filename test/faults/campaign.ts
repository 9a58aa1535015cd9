import { appendFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { until } from '../support/until.ts';
import { lookAt } from './ended-run.ts';
import type { Fault, Struck, Zombie } from './fault.ts';
import { anotherRun, type FaultedRun, firstRun, type KnownPipeline } from './faulted-run.ts';
import { INVARIANTS } from './invariants/all.ts';
import { brokenContentIn } from './invariants/whole-artifacts.ts';
import { FAULTS } from './kinds/all.ts';
import { type Random, randomFrom } from './random.ts';
import type { Stage } from './stage.ts';

export interface CampaignOptions {
  readonly seed: number;
  /** How many faults are to strike in all. */
  readonly faults: number;
}

/** What came of a campaign. */
export interface Report {
  readonly struck: readonly Struck[];
  readonly runs: number;
  /** A sentence for each; none in a good world. */
  readonly violations: readonly string[];
}

/** So many runs begin together: the first of a new pipeline, and others of any that are known. */
const RUNS = 5;
/** A round's runs are let end after so many. */
const MOST_IN_A_ROUND = 28;
const PAUSE_MS = 1_200;

interface Campaign {
  readonly stage: Stage;
  readonly random: Random;
  readonly struck: Struck[];
  readonly zombies: Zombie[];
  readonly violations: string[];
  readonly log: (line: string) => Promise<void>;
}

/**
 * Round after round: some runs of random pipelines, faults of random kinds for as long as they go on, and a look at what
 * they came to. Every fault and violation is in `faults.log` of the stage's folder, as it comes.
 */
export async function campaign(stage: Stage, { seed, faults }: CampaignOptions): Promise<Report> {
  const log = (line: string) => appendFile(join(stage.folder, 'faults.log'), `${new Date().toISOString()} ${line}\n`);
  const parts: Campaign = { stage, random: randomFrom(seed), struck: [], zombies: [], violations: [], log };
  const deck = newDeck(stage, randomFrom(seed));
  const known: KnownPipeline[] = [];
  while (parts.struck.length < faults) {
    const runs = await startRuns(parts, known, seed * 1_000 + known.length);
    await round(parts, deck, runs, faults);
  }
  return { struck: parts.struck, runs: known.length * RUNS, violations: parts.violations };
}

/** Every kind that is possible comes before one comes again, in an order of the seed's alone. */
function newDeck(stage: Stage, random: Random): () => Fault {
  const possible = FAULTS.filter((fault) => fault.isPossible(stage));
  let left: Fault[] = [];
  return () => {
    if (left.length === 0) left = [...possible];
    const [chosen] = left.splice(random.below(left.length), 1);
    if (chosen === undefined) throw new Error('Some faults are possible everywhere.');
    return chosen;
  };
}

async function startRuns({ stage, random, log }: Campaign, known: KnownPipeline[], seed: number) {
  await until('the system answers', () =>
    stage
      .client()
      .setPool({ name: 'warehouse', slots: 2 })
      .catch(() => null),
  );
  const [first, pipeline] = await firstRun(stage, seed, PAUSE_MS);
  known.push(pipeline);
  const runs = [first];
  while (runs.length < RUNS) runs.push(await anotherRun(stage, random.one(known), seed * RUNS + runs.length, PAUSE_MS));
  await log(`round of ${runs.map((run) => `${run.id} (${run.seed})`).join(', ')}`);
  return runs;
}

async function round(parts: Campaign, deck: () => Fault, runs: readonly FaultedRun[], faults: number): Promise<void> {
  const { stage, struck, log, violations } = parts;
  const first = struck.length;
  while (struck.length < faults && struck.length - first < MOST_IN_A_ROUND) {
    const underWay = runs.filter((run) => !run.hasEnded());
    if (underWay.length === 0) break;
    await strike(parts, deck(), underWay);
    await delay(parts.random.below(2_000));
  }
  for (const run of runs) {
    await run.ended;
    violations.push(...(await violationsOf(parts, run, struck.slice(first))));
  }
  for (const broken of await brokenContentIn(stage.storage.contentIn(stage.system().home))) {
    violations.push(`half-written: ${broken}`);
    await log(`VIOLATION half-written: ${broken}`);
  }
}

async function strike(parts: Campaign, fault: Fault, runs: readonly FaultedRun[]): Promise<void> {
  const { stage, random, struck, zombies, log } = parts;
  const [at, began] = [new Date().toISOString(), performance.now()];
  const hit = await fault.strike({ stage, runs, random, zombies });
  const tookMs = Math.round(performance.now() - began);
  if (hit === null) {
    await log(`(${fault.kind}: nothing to hit)`);
    return;
  }
  struck.push({ number: struck.length + 1, kind: fault.kind, hit, at, tookMs });
  await log(`${struck.length} ${fault.kind}: ${hit}, since ${at}`);
}

async function violationsOf(parts: Campaign, run: FaultedRun, faults: readonly Struck[]): Promise<string[]> {
  const { stage, zombies, log } = parts;
  const ended = await until(`${run.id} can be looked at`, () =>
    lookAt(stage, run, { faults, zombies }).catch(logged(log)),
  );
  const found: string[] = [];
  for (const { name, violationsIn } of INVARIANTS) {
    for (const violation of await violationsIn(ended)) found.push(`${name}: ${run.id} (${run.seed}): ${violation}`);
  }
  for (const violation of found) await log(`VIOLATION ${violation}`);
  return found;
}

/** The system may be coming up again; what hinders a look for long is in the log. */
function logged(log: Campaign['log']) {
  return async (error: unknown) => {
    await log(`(not yet: ${error})`);
    return null;
  };
}
