import type { Attempt, Run, RunDetail, Task } from '../../server/client.ts';

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
    priority: null,
    createdAt: 500,
    startedAt: 1_000,
    endedAt: null,
    leftOut: null,
    ...change,
  };
  return { run, tasks: [...tasks], attempts: [...attempts], metrics: [], pools: [] };
}
