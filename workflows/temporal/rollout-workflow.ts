import { proxyActivities, setWorkflowOptions, sleep } from '@temporalio/workflow';
import type { Promotion } from '../../ir/nodes/promote-node.ts';
import { TaskFailed } from '../../ir/protocol/task-failure.ts';
import { CONTROL_QUEUE } from '../../ir/step-contract.ts';
import type { PromoteRequest } from '../execution-port.ts';
import { rollout } from '../rollout.ts';
import type { RolloutPort } from '../rollout-port.ts';
import { applicationFailureOf } from './application-failure.ts';
import { autoUpgrade } from './auto-upgrade.ts';
import { intact, present } from './intact.ts';

const activities = proxyActivities<Omit<RolloutPort, 'sleep' | 'now'>>({
  taskQueue: CONTROL_QUEUE,
  startToCloseTimeout: '1m',
  retry: { initialInterval: '200ms', maximumInterval: '10s' },
});

/**
 * A promotion. It outlives the run that asked for it, so that traffic never stands half-way. For the same reason it waits
 * for a lost payload to be restored, but for that of its own request.
 */
export async function millraceRollout(request: PromoteRequest): Promise<Promotion> {
  const port: RolloutPort = {
    standing: async (model, alias) => present(await activities.standing(model, alias)),
    addVersion: async (asked) => present(await activities.addVersion(asked)),
    endpoint: async (name) => present(await activities.endpoint(name)),
    setTraffic: async (asked) => present(await activities.setTraffic(asked)),
    replicasApplied: async (name) => present(await activities.replicasApplied(name)),
    moveAlias: async (asked) => present(await activities.moveAlias(asked)),
    sleep: (ms) => sleep(ms),
    now: async () => Date.now(),
  };
  try {
    return await rollout(intact(request, 'request'), port);
  } catch (error) {
    throw error instanceof TaskFailed ? applicationFailureOf(error.failure) : error;
  }
}

/** It may bake for days, and needs no worker of the version that it began on: its changes are behind `patched()`. */
setWorkflowOptions(autoUpgrade, millraceRollout);
