import type { Attempt, Run, RunDetail, Task, TaskCount } from '../../server/client.ts';

export function sampleTask(path: string, change: Partial<Task> = {}): Task {
  return {
    runId: 'r1',
    path,
    sequence: 1,
    kind: 'task',
    step: path.split('/').at(-1) ?? null,
    status: 'succeeded',
    at: 1_000,
    input: null,
    output: null,
    failure: null,
    cache: null,
    detail: {},
    startedAt: 1_000,
    endedAt: 2_500,
    leftOut: null,
    ...change,
  };
}

export function sampleAttempt(path: string, attempt: number, change: Partial<Attempt> = {}): Attempt {
  return {
    runId: 'r1',
    path,
    attempt,
    status: 'running',
    worker: 'w',
    queue: 'cpu',
    startedAt: 1_000,
    endedAt: null,
    failure: null,
    progress: null,
    message: null,
    leftOut: null,
    ...change,
  };
}

function countsOf(tasks: readonly Task[]): readonly TaskCount[] {
  const counts = new Map<string, TaskCount>();
  for (const { path, kind, status } of tasks) {
    const bare = path.replaceAll(/\[\d+\]|#\d+/g, '');
    const address = bare === path ? null : bare;
    const key = `${address} ${kind} ${status}`;
    counts.set(key, { address, kind, status, tasks: (counts.get(key)?.tasks ?? 0) + 1 });
  }
  return [...counts.values()];
}

export function sampleRun(
  tasks: readonly Task[],
  attempts: readonly Attempt[] = [],
  change: Partial<Run> = {},
): RunDetail {
  const run: Run = {
    id: 'r1',
    pipeline: 'flights',
    pipelineVersion: 1,
    compiledDigest: 'sha256:0',
    name: null,
    driver: 'temporal',
    workflowId: 'default/run/r1',
    runner: null,
    params: {},
    status: 'running',
    pause: null,
    output: null,
    error: null,
    submittedBy: 'ada',
    retryOf: null,
    cache: null,
    rerunFrom: [],
    logicalTime: null,
    partition: null,
    schedule: null,
    backfill: null,
    priority: null,
    createdAt: 500,
    startedAt: 1_000,
    endedAt: null,
    leftOut: null,
    ...change,
  };
  return {
    ...{ run, tasks: [...tasks], counts: [...countsOf(tasks)], unlisted: 0 },
    ...{ attempts: [...attempts], metrics: [], pools: [] },
  };
}
