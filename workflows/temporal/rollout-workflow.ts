import { proxyActivities, sleep } from '@temporalio/workflow';
import type { Promotion } from '../../ir/nodes/promote-node.ts';
import { TaskFailed } from '../../ir/protocol/task-failure.ts';
import { CONTROL_QUEUE } from '../../ir/step-contract.ts';
import type { PromoteRequest } from '../execution-port.ts';
import { rollout } from '../rollout.ts';
import type { RolloutPort } from '../rollout-port.ts';
import { applicationFailureOf } from './application-failure.ts';

const activities = proxyActivities<Omit<RolloutPort, 'sleep' | 'now'>>({
  taskQueue: CONTROL_QUEUE,
  startToCloseTimeout: '1m',
  retry: { initialInterval: '200ms', maximumInterval: '10s' },
});

/** A promotion. It outlives the run that asked for it, so that traffic never stands half-way. */
export async function millraceRollout(request: PromoteRequest): Promise<Promotion> {
  const port: RolloutPort = {
    addVersion: activities.addVersion,
    endpoint: activities.endpoint,
    setTraffic: activities.setTraffic,
    replicasApplied: activities.replicasApplied,
    moveAlias: activities.moveAlias,
    sleep: (ms) => sleep(ms),
    now: async () => Date.now(),
  };
  try {
    return await rollout(request, port);
  } catch (error) {
    throw error instanceof TaskFailed ? applicationFailureOf(error.failure) : error;
  }
}
