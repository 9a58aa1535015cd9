import { proxyActivities } from '@temporalio/workflow';
import type * as activities from './activities.ts';

/** The options that Millrace's tasks have. */
const OPTIONS = { startToCloseTimeout: '1h', heartbeatTimeout: '5s', retry: { maximumAttempts: 3 } } as const;

/** Steps one after another, as somebody would write them for Temporal by hand. */
export async function chain(taskQueue: string, tasks: number): Promise<number> {
  const { noop } = proxyActivities<typeof activities>({ ...OPTIONS, taskQueue });
  let value = 0;
  for (let step = 0; step < tasks; step++) value = (await noop({ value })).value;
  return value;
}

export async function wide(taskQueue: string, tasks: number): Promise<readonly { readonly value: number }[]> {
  const { noop } = proxyActivities<typeof activities>({ ...OPTIONS, taskQueue });
  return Promise.all(Array.from({ length: tasks }, (_, value) => noop({ value })));
}
