import { artifactsIn } from '../../ir/artifact.ts';
import type { CodeRef, CompiledPipeline } from '../../ir/compiled-pipeline.ts';
import { type Digest, digestOfJson } from '../../ir/digest.ts';
import { canonicalJson, isJsonObject, type JsonObject, type JsonValue } from '../../ir/json.ts';
import { nodeAt } from '../../ir/node-at.ts';
import { inputDigestIn } from '../../ir/protocol/input-digest.ts';
import type { CacheLookup, RunFacts, TaskDispatch } from '../../ir/protocol/task-dispatch.ts';
import { type StepContract, settingsOf, type TaskSettings } from '../../ir/step-contract.ts';
import type { Run } from '../../store/metadata/run-table.ts';
import type { Task } from '../../store/metadata/task-table.ts';
import type { Stores } from '../../store/open-stores.ts';
import type { SecretProvider } from '../../store/secrets/secret-provider.ts';
import type { CompiledPipelines } from '../compiled-pipelines.ts';
import { isStored } from '../host/is-stored.ts';
import { lookUp, rememberingFingerprints, type Sought } from '../host/look-up.ts';
import { compareOutside, type Eyes } from './compare-outside.ts';
import { type EarlierTasks, earlierTasks, isDone } from './earlier-tasks.ts';

/**
 * Looks tasks up: first in the run that theirs retries and those before it, then, where their policy lets them, in the
 * cache, which is asked once for all.
 */
export async function lookUpTasks(
  sought: readonly Sought[],
  stores: Stores,
  compiled: CompiledPipelines,
  secrets: SecretProvider,
): Promise<readonly CacheLookup[]> {
  const eyes: Eyes = { secrets, fingerprintOf: rememberingFingerprints() };
  const earlier = earlierTasks(stores.metadata, compiled);
  const kept = await Promise.all(
    sought.map(({ dispatch, retryOf }) =>
      retryOf === null ? null : reuse(dispatch, retryOf, { stores, compiled, earlier, eyes }),
    ),
  );
  const rest = sought.filter((_, index) => !isLookup(kept[index]));
  const found = (await lookUp(rest, stores, Date.now(), secrets, eyes.fingerprintOf)).values();
  return kept.map((each) => {
    if (isLookup(each)) return each;
    const lookup = found.next().value as CacheLookup;
    if (!each) return lookup;
    // What the cache would say of the same run is said already.
    return { ...lookup, detail: lookup.reason === 'noEntry' ? each.outdated : `${each.outdated} ${lookup.detail}` };
  });
}

/** A sentence on why what an earlier run gave is not taken over. */
interface Outdated {
  readonly outdated: string;
}

function isLookup(kept: CacheLookup | Outdated | null | undefined): kept is CacheLookup {
  return kept !== null && kept !== undefined && 'hit' in kept;
}

interface Knowing {
  readonly stores: Stores;
  readonly compiled: CompiledPipelines;
  readonly earlier: EarlierTasks;
  readonly eyes: Eyes;
}

/** An output of the retried run stands where all that decides it is what it was, outside data too, and its artifacts exist. */
async function reuse(
  dispatch: TaskDispatch,
  retryOf: string,
  { stores, compiled, earlier, eyes }: Knowing,
): Promise<CacheLookup | Outdated> {
  const { path } = dispatch.task;
  const { run, task } = await earlier.find(retryOf, path);
  const not = (why: string): Outdated => ({ outdated: `Not taken over from run ${run?.id ?? retryOf}, ${why}.` });
  if (!run) return not('for the store has it no more');
  if (!task) return not('for it had no such task');
  if (!isDone(task)) return not(`where it ${task.status === 'failed' ? 'failed' : `is ${task.status}`}`);
  const then = dispatchedBy(await compiled.get(run.compiledDigest), run, task);
  if (then === null) return not('where it was no task');
  const changed = differing(then, whatDecides(dispatch)).flatMap((part) =>
    part === 'input' ? inputsDiffering(task.input, dispatch.input) : [part],
  );
  if (changed.length > 0) return not(`for it differs in: ${changed.join(', ')}`);
  if (!(await allExist(task.output, stores))) return not('for an artifact that it gave is no longer in the store');
  const key = task.cache?.key ?? null;
  const compared = await compareOutside(dispatch, key, stores.metadata.cache, eyes);
  if (compared.kind === 'differs') return not(`for it differs in: ${compared.what}`);
  const unsure =
    compared.kind === 'unknown' ? `; not compared, for that run has no record of it: ${compared.what}` : '';
  const detail = `taken over from run ${run.id}${unsure}`;
  // The key goes along, so that a retry of this run can compare, too.
  const origin = task.cache?.origin ?? { runId: run.id, path };
  return { key, reason: 'reused', detail, output: task.output, hit: true, origin };
}

/** What a task's result depends on. */
type Decisive = {
  readonly contract: StepContract;
  readonly code: CodeRef;
  readonly input: Digest;
  readonly env: TaskSettings['env'];
  readonly secrets: TaskSettings['secrets'];
  readonly reads: Partial<RunFacts>;
};

function whatDecides({ contract, code, input, settings, reads }: TaskDispatch): Decisive {
  return { contract, code, input: digestOfJson(input), env: settings.env, secrets: settings.secrets, reads };
}

/** For people: `code`, `input`. */
function differing(earlier: Decisive, now: Decisive): readonly string[] {
  const parts = Object.keys(now) as (keyof Decisive)[];
  return parts.filter((part) => canonicalJson(earlier[part] ?? null) !== canonicalJson(now[part] ?? null));
}

/** The fields, where what was too large to record does not hide them. */
function inputsDiffering(earlier: JsonValue, now: JsonObject): readonly string[] {
  if (!isJsonObject(earlier)) return ['input'];
  const fields = [...new Set([...Object.keys(earlier), ...Object.keys(now)])].sort();
  return fields
    .filter((field) => canonicalJson(earlier[field] ?? null) !== canonicalJson(now[field] ?? null))
    .map((field) => `input ${field}`);
}

/** The same of a task that an earlier run has done; null when it was another kind of node there. */
function dispatchedBy({ ir, code }: CompiledPipeline, run: Run, task: Task): Decisive | null {
  const node = nodeAt(ir, task.path);
  const contract = node?.kind === 'task' ? ir.steps[node.step] : undefined;
  const ref = contract && code[contract.name];
  if (node?.kind !== 'task' || !contract || !ref) return null;
  const { env, secrets } = settingsOf(contract, node.overrides);
  const facts = { runId: run.id, logicalTime: run.logicalTime, partition: run.partition };
  const reads = Object.fromEntries(contract.reads.map((read) => [read, facts[read]]));
  return { contract, code: ref, input: inputDigestOf(task), env, secrets, reads };
}

/** Of an input that was too large to record there is the digest alone. */
function inputDigestOf({ detail, input }: Task): Digest {
  return inputDigestIn(detail) ?? digestOfJson(input);
}

async function allExist(output: unknown, { artifacts }: Stores): Promise<boolean> {
  const found = await Promise.all(artifactsIn(output).map((ref) => isStored(ref, artifacts)));
  return found.every(Boolean);
}
