import { DONE_STATUSES } from '../../ir/protocol/transition.ts';
import type { MetadataStore } from '../../store/metadata/metadata-store.ts';
import type { RetriedRun, Run } from '../../store/metadata/run-table.ts';
import type { Task } from '../../store/metadata/task-table.ts';
import { type RerunCause, rerunCauses } from '../../workflows/rerun-causes.ts';
import type { CompiledPipelines } from '../compiled-pipelines.ts';

/** A task in a run that was retried, as far as the store has them. */
export interface EarlierTask {
  readonly run: Run | null;
  readonly task: Task | null;
}

/** For as long as one question takes: what it asks of a run, it asks once. */
export interface EarlierTasks {
  /** The task in the retried run; where that did not get as far, in the nearest before it that has done the task. */
  find(retryOf: string, path: string): Promise<EarlierTask>;
}

export function earlierTasks({ runs, tasks }: MetadataStore, compiled: CompiledPipelines): EarlierTasks {
  const lines = new Map<string, Promise<readonly RetriedRun[]>>();
  const causes = new Map<string, Promise<RerunCause>>();
  const causesIn = async ({ compiledDigest, rerunFrom }: RetriedRun) =>
    rerunCauses((await compiled.get(compiledDigest)).ir, rerunFrom);
  const runsAnew = async (run: RetriedRun, path: string) => {
    if (run.rerunFrom.length === 0) return false;
    const causeOf = await remembered(causes, run.id, () => causesIn(run));
    return causeOf(path) !== null;
  };
  const at = async (id: string, path: string): Promise<EarlierTask> => {
    const [run, task] = await Promise.all([runs.outline(id), tasks.get(id, path)]);
    return { run, task };
  };
  const nearestDone = async (retried: Run, path: string) => {
    const ids: string[] = [];
    let last: RetriedRun = retried;
    for (const run of await remembered(lines, retried.id, () => runs.retriedBy(retried.id))) {
      if (await runsAnew(last, path)) break;
      ids.push(run.id);
      last = run;
    }
    const done = await tasks.doneIn(ids, path);
    return ids.find((id) => done.has(id));
  };
  return {
    async find(retryOf, path) {
      const retried = await at(retryOf, path);
      const { run, task } = retried;
      if (!run || run.retryOf === null || (task && isDone(task))) return retried;
      const id = await nearestDone(run, path);
      return id === undefined ? retried : at(id, path);
    },
  };
}

export function isDone({ status }: Task): boolean {
  return DONE_STATUSES.includes(status);
}

function remembered<Known>(known: Map<string, Promise<Known>>, id: string, ask: () => Promise<Known>): Promise<Known> {
  const answer = known.get(id) ?? ask();
  known.set(id, answer);
  return answer;
}
