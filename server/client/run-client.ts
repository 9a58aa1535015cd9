import type { ApprovalDecision } from '../../ir/nodes/approval-node.ts';
import type { Page } from '../../store/metadata/metadata-store.ts';
import type { ListedRun, RunFilter } from '../../store/metadata/run-table.ts';
import type { ListedTask, Metric, MetricFilter, TaskFilter } from '../../store/metadata/task-table.ts';
import type { Decide } from '../schemas/approval.ts';
import type { Explanation } from '../schemas/explanation.ts';
import type { CancelRun, PauseRun, RerunRun, RetryRun, RunValues, SubmitRun, SubmittedRun } from '../schemas/run.ts';
import type { AttemptList, LogPage, RunDetail } from '../schemas/task.ts';
import type { Transport } from './transport.ts';

/** Runs and their tasks. */
export interface RunClient {
  submitRun(body: SubmitRun): Promise<SubmittedRun>;
  runs(filter?: RunFilter): Promise<Page<ListedRun>>;
  run(id: string, signal?: AbortSignal): Promise<RunDetail>;
  /** What the run was given and gave, however large. */
  runValues(id: string): Promise<RunValues>;
  /** All tasks of a run by pages, of which `run` has some. */
  tasks(id: string, filter?: TaskFilter): Promise<Page<ListedTask>>;
  /** A task with its values, however large. */
  task(id: string, path: string): Promise<ListedTask>;
  /** The newest attempts of a task. */
  attempts(id: string, path: string): Promise<AttemptList>;
  /** What a run's metrics were at each step, by path, name and step. */
  points(id: string, filter?: MetricFilter): Promise<Page<Metric>>;
  /** A page; to be asked again with its cursor until one comes without chunks. */
  logs(id: string, filter?: { after?: string; path?: string; limit?: number }): Promise<LogPage>;
  explainRun(id: string, path?: string): Promise<Explanation>;
  cancelRun(id: string, how?: CancelRun): Promise<ListedRun>;
  pauseRun(id: string, body?: PauseRun): Promise<ListedRun>;
  unpauseRun(id: string): Promise<ListedRun>;
  /** @param force also a run that made versions of models */
  deleteRun(id: string, force?: boolean): Promise<ListedRun>;
  retryRun(id: string, body: RetryRun): Promise<SubmittedRun>;
  rerunRun(id: string, body: RerunRun): Promise<SubmittedRun>;
  decide(id: string, body: Decide): Promise<ApprovalDecision>;
}

export function runClient({ get, post, write }: Transport): RunClient {
  const id = encodeURIComponent;
  return {
    submitRun: (body) => post('runs', body),
    runs: (filter = {}) => get('runs', { ...filter }),
    run: (run, signal) => get(`runs/${id(run)}`, {}, signal),
    runValues: (run) => get(`runs/${id(run)}/values`),
    tasks: (run, filter = {}) => get(`runs/${id(run)}/tasks`, { ...filter }),
    task: (run, path) => get(`runs/${id(run)}/tasks/${id(path)}`),
    attempts: (run, path) => get(`runs/${id(run)}/tasks/${id(path)}/attempts`),
    points: (run, filter = {}) => get(`runs/${id(run)}/metrics`, { ...filter }),
    logs: (run, filter = {}) => get(`runs/${id(run)}/logs`, { ...filter }),
    explainRun: (run, path) => get(`runs/${id(run)}/explain`, path === undefined ? {} : { path }),
    cancelRun: (run, how = {}) => post(`runs/${id(run)}/cancel`, how),
    pauseRun: (run, body = {}) => post(`runs/${id(run)}/pause`, body),
    unpauseRun: (run) => post(`runs/${id(run)}/unpause`, {}),
    deleteRun: (run, force = false) => write('DELETE', `runs/${id(run)}`, { force }),
    retryRun: (run, body) => post(`runs/${id(run)}/retry`, body),
    rerunRun: (run, body) => post(`runs/${id(run)}/rerun`, body),
    decide: (run, body) => post(`runs/${id(run)}/approvals`, body),
  };
}
