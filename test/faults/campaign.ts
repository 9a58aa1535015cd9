import { appendFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { until } from '../support/until.ts';
import { type Deck, newDeck } from './deck.ts';
import { lookAt } from './ended-run.ts';
import type { Struck, Zombie } from './fault.ts';
import { anotherRun, type FaultedRun, firstRun, type KnownPipeline } from './faulted-run.ts';
import { faultsInParts } from './faults-in-parts.ts';
import { invariantsOf } from './invariants/all.ts';
import { brokenContentIn } from './invariants/whole-artifacts.ts';
import { FAULTS } from './kinds/all.ts';
import { cancelRun, retryRun } from './orders/cancel-and-retry.ts';
import { pauseRun } from './orders/pause-run.ts';
import { type Random, randomFrom } from './random.ts';
import type { Stage } from './stage.ts';
import { knowPipelines, STARTS } from './starts/all.ts';
import type { Begun } from './starts/start.ts';

export interface CampaignOptions {
  readonly seed: number;
  /** How many faults are to strike in all. */
  readonly faults: number;
}

/** What came of a campaign. */
export interface Report {
  readonly struck: readonly Struck[];
  /** How many of them struck while a part of a run was at work. */
  readonly inParts: number;
  /** Kinds that are possible here and have struck nothing. */
  readonly missing: readonly string[];
  readonly runs: number;
  /** A sentence for each; none in a good world. */
  readonly violations: readonly string[];
}

/** So many runs begin together: the first of a new pipeline, and others of any that are known. One more is a retry. */
const RUNS = 4;
/** A round's runs are let end after so many. */
const MOST_IN_A_ROUND = 28;
const PAUSE_MS = 1_200;

interface Campaign {
  readonly stage: Stage;
  readonly random: Random;
  readonly struck: Struck[];
  /** The numbers of those that struck while a part was at work. */
  readonly inParts: Set<number>;
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
  const found = { struck: [], inParts: new Set<number>(), zombies: [], violations: [] };
  const parts: Campaign = { stage, random: randomFrom(seed), ...found, log };
  const possible = FAULTS.filter((fault) => fault.isPossible(stage));
  const deck = newDeck(possible, randomFrom(seed));
  const known: KnownPipeline[] = [];
  await knowPipelines(stage);
  while (parts.struck.length < faults) {
    const round = known.length;
    const runs = await startRuns(parts, known, seed * 1_000 + round);
    const endStarts = await beginStarts(parts, round);
    await faultedRound(parts, deck, runs, faults);
    await endStarts();
  }
  const { struck, violations } = parts;
  const missing = possible.map(({ kind }) => kind).filter((kind) => struck.every((other) => other.kind !== kind));
  return { struck, inParts: parts.inParts.size, missing, runs: known.length * RUNS, violations };
}

async function beginStarts(parts: Campaign, round: number): Promise<() => Promise<void>> {
  const begun: { readonly name: string; readonly end: Begun }[] = [];
  for (const { name, begin } of STARTS) begun.push({ name, end: await begin(parts.stage, round) });
  return async () => {
    for (const { name, end } of begun) for (const amiss of await end()) await report(parts, `${name}: ${amiss}`);
  };
}

async function report({ violations, log }: Campaign, violation: string): Promise<void> {
  violations.push(violation);
  await log(`VIOLATION ${violation}`);
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

async function faultedRound(parts: Campaign, deck: Deck, runs: FaultedRun[], faults: number): Promise<void> {
  const { stage, struck } = parts;
  const first = struck.length;
  const ordered = giveOrders(parts, runs, first);
  // It is awaited when the faults have struck.
  ordered.catch(() => undefined);
  while (struck.length < faults && struck.length - first < MOST_IN_A_ROUND) {
    const underWay = runs.filter((run) => !run.hasEnded());
    if (underWay.length === 0) break;
    await strike(parts, deck, underWay);
    await delay(parts.random.below(2_000));
  }
  await ordered;
  for (const run of runs) await lookForViolations(parts, run, first);
  const broken = await brokenContentIn(stage.storage.contentIn(stage.system().home));
  for (const file of broken) await report(parts, `half-written: ${file}`);
}

/** One run pauses for a while. Another is cancelled, and a retry takes its place. */
async function giveOrders(parts: Campaign, runs: FaultedRun[], first: number): Promise<void> {
  const { stage, random, log } = parts;
  const [cancelled, paused] = runs;
  const cancelAndRetry = async (run: FaultedRun) => {
    await lookForViolations(parts, await cancelRun(stage, run, random), first);
    const again = await retryRun(stage, run);
    runs.splice(runs.indexOf(run), 1, again);
    await log(`${run.id} was cancelled and goes on as ${again.id}`);
  };
  await Promise.all([paused && pauseRun(stage, paused, random), cancelled && cancelAndRetry(cancelled)]);
}

async function strike(parts: Campaign, deck: Deck, runs: readonly FaultedRun[]): Promise<void> {
  const { stage, random, struck, zombies, log } = parts;
  const fault = deck.draw();
  const [at, began] = [new Date().toISOString(), performance.now()];
  const hit = await fault.strike({ stage, runs, random, zombies });
  const tookMs = Math.round(performance.now() - began);
  if (hit === null) {
    deck.missed(fault);
    await log(`(${fault.kind}: nothing to hit)`);
    return;
  }
  deck.struck();
  struck.push({ number: struck.length + 1, kind: fault.kind, hit, at, tookMs });
  await log(`${struck.length} ${fault.kind}: ${hit}, since ${at}`);
}

/** Waits for its end. @param first of the faults that fell into the round */
async function lookForViolations(parts: Campaign, run: FaultedRun, first: number): Promise<void> {
  const { stage, zombies, log } = parts;
  await run.ended;
  const faults = parts.struck.slice(first);
  const ended = await until(`${run.id} can be looked at`, () =>
    lookAt(stage, run, { faults, zombies }).catch(logged(log)),
  );
  const hit = faultsInParts(faults, ended.histories).map(({ number }) => number);
  for (const number of hit) parts.inParts.add(number);
  const { length } = ended.histories;
  if (length > 1) await log(`${run.id} (${run.seed}) has ${length} histories; faults meanwhile: ${hit.join(', ')}`);
  for (const { name, violationsIn } of invariantsOf(ended)) {
    for (const violation of await violationsIn(ended))
      await report(parts, `${name}: ${run.id} (${run.seed}): ${violation}`);
  }
}

/** The system may be coming up again; what hinders a look for long is in the log. */
function logged(log: Campaign['log']) {
  return async (error: unknown) => {
    await log(`(not yet: ${error})`);
    return null;
  };
}
