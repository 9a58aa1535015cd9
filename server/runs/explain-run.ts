import type { CacheReason, TaskOrigin } from '../../ir/protocol/task-dispatch.ts';
import { LISTED_TASKS } from '../../store/metadata/left-out.ts';
import type { ListedRun } from '../../store/metadata/run-table.ts';
import type { ListedTask } from '../../store/metadata/task-table.ts';
import { ApiProblem } from '../http/problem.ts';
import type { Explanation, TaskExplanation } from '../schemas/explanation.ts';
import type { ServerContext } from '../server-context.ts';
import { findRun } from './find-run.ts';
import { loadCompiled } from './load-compiled.ts';
import { shownValue } from './shown-value.ts';

/**
 * Why each task of a run was run, or was not: from what its look-up noted, with the values beside the names.
 *
 * @param path of one task, or of a scope for all tasks in it
 * @throws ApiProblem `notFound` for a run or a path that is not there.
 */
export async function explainRun(context: ServerContext, id: string, path?: string): Promise<Explanation> {
  const run = await findRun(context, id);
  const sides = sidesIn(context);
  const page = await context.metadata.tasks.page(id, {
    limit: MOST_TASKS,
    ...(path === undefined ? {} : { under: path }),
  });
  const chosen = page.items.filter(({ kind }) => kind === 'task').sort((left, right) => left.sequence - right.sequence);
  if (chosen.length === 0 && path !== undefined) throw noSuchTask(run, path);
  const tasks = await Promise.all(chosen.map((task) => explain(task, sides)));
  return { runId: run.id, tasks, isCut: page.cursor !== null };
}

/** As many as a run lists. */
const MOST_TASKS = LISTED_TASKS;

/** A run's tasks by path, and the digest of the code that each of its steps had. */
interface Side {
  readonly taskAt: (path: string) => Promise<Pick<ListedTask, 'input' | 'step'> | null>;
  readonly codeOf: (step: string | null) => string | null;
}
type Sides = (runId: string) => Promise<Side>;

/** Of all runs that tasks are compared with, mostly one: each is read once. */
function sidesIn(context: ServerContext): Sides {
  const known = new Map<string, Promise<Side>>();
  return (runId) => {
    const side = known.get(runId) ?? readSide(context, runId);
    known.set(runId, side);
    return side;
  };
}

async function readSide(context: ServerContext, runId: string): Promise<Side> {
  const { runs, tasks, pipelines } = context.metadata;
  const [run, listed] = await Promise.all([runs.outline(runId), tasks.list(runId)]);
  const known = new Map(listed.map((task) => [task.path, task]));
  const version = run && (await pipelines.byDigest(run.compiledDigest));
  // What an older Millrace compiled cannot be read; its run can still be compared with.
  const compiled = version && (await loadCompiled(context, version).catch(nullWhereRefused));
  return {
    taskAt: async (path) => known.get(path) ?? tasks.get(runId, path),
    codeOf: (step) => {
      const code = step === null ? undefined : compiled?.code[step];
      return code && code.kind !== 'none' ? code.digest : null;
    },
  };
}

function nullWhereRefused(error: unknown): null {
  if (error instanceof ApiProblem) return null;
  throw error;
}

async function explain(task: ListedTask, sides: Sides): Promise<TaskExplanation> {
  const { cache, path, step } = task;
  const verdict = cache === null ? 'notRun' : VERDICT_OF[cache.reason];
  const compared = cache?.compared ?? null;
  const place = compared && { runId: compared.runId, path: compared.path };
  const [here, there] = await Promise.all([sides(task.runId), place && sides(place.runId)]);
  const earlier = (place && (await there?.taskAt(place.path))) ?? null;
  const differences = (compared?.parts ?? []).map((part) => ({
    part,
    before: earlier && there ? partText(part, earlier, there) : null,
    after: partText(part, task, here),
  }));
  const detail = cache?.detail ?? notRunText(task);
  const origin = cache?.origin ?? null;
  return { path, step, verdict, detail, origin, compared: place, differences, next: nextOf(origin ?? place) };
}

const VERDICT_OF: Readonly<Record<CacheReason, TaskExplanation['verdict']>> = {
  hit: 'hit',
  reused: 'reused',
  underWay: 'waits',
  rerun: 'notLookedUp',
  off: 'notLookedUp',
  effects: 'notLookedUp',
  noFingerprint: 'notLookedUp',
  refresh: 'notLookedUp',
  noEntry: 'missed',
  expired: 'missed',
  artifactGone: 'missed',
};

/** Other parts are known by digests alone, or hold what is nobody's to read here. */
function partText(part: string, { input, step }: Pick<ListedTask, 'input' | 'step'>, { codeOf }: Side): string | null {
  if (part === 'code') return codeOf(step);
  const name = /^input (.*)$/s.exec(part)?.[1];
  return name === undefined ? null : shownValue(name, input);
}

function notRunText({ status, detail }: ListedTask): string {
  const { because } = detail;
  return typeof because === 'string' ? `It was ${status}: ${because}.` : `It is ${status} and was not looked up.`;
}

function nextOf(place: TaskOrigin | null): string | null {
  return place && `millrace runs get ${place.runId} --path '${place.path}'`;
}

function noSuchTask({ id }: ListedRun, path: string): ApiProblem {
  return new ApiProblem('notFound', `Run ${id} has no task '${path}', and none in a scope of that name.`, {
    next: `See its tasks with \`millrace runs get ${id}\`.`,
  });
}
