import type { TaskTable } from '../task-table.ts';
import { endAttempt, listAttempts, progressAttempt, startAttempt } from './attempts.ts';
import { checkpoint, saveCheckpoint } from './checkpoints.ts';
import { lineage } from './lineage.ts';
import { appendLog, logs } from './logs.ts';
import { metrics, points, saveMetrics } from './metrics.ts';
import { runsUnderWayOn } from './runs-under-way.ts';
import type { SqlSession } from './sql-session.ts';
import { taskCounts } from './task-counts.ts';
import { listTasks, tasksPage } from './task-listing.ts';
import { doneIn, getTask, record } from './tasks.ts';

export function sqlTaskTable(session: SqlSession): TaskTable {
  return {
    record: (runId, transitions) => record(session, runId, transitions),
    list: (runId) => listTasks(session, runId),
    page: (runId, filter) => tasksPage(session, runId, filter),
    counts: (runId) => taskCounts(session, runId),
    get: (runId, path) => getTask(session, runId, path),
    doneIn: (runIds, path) => doneIn(session, runIds, path),
    startAttempt: (attempt) => startAttempt(session, attempt),
    progressAttempt: (key, progress, message) => progressAttempt(session, key, progress, message),
    endAttempt: (key, end) => endAttempt(session, key, end),
    attempts: (runId, path) => listAttempts(session, runId, path),
    runsUnderWayOn: (worker) => runsUnderWayOn(session, worker),
    appendLog: (chunk) => appendLog(session, chunk),
    logs: (runId, filter) => logs(session, runId, filter),
    saveCheckpoint: (key, value) => saveCheckpoint(session, key, value),
    checkpoint: (runId, path) => checkpoint(session, runId, path),
    saveMetrics: (key, measured) => saveMetrics(session, key, measured),
    metrics: (runId) => metrics(session, runId),
    points: (runId, filter) => points(session, runId, filter),
    lineage: (filter) => lineage(session, filter),
  };
}
