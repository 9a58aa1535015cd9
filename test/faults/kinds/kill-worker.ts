import { setTimeout as delay } from 'node:timers/promises';
import { identify, type ProcessIdentity } from '../../../platform/process-identity.ts';
import { sendSignal } from '../../../platform/signals.ts';
import { childrenOf, untilGone } from '../../support/embedded-system.ts';
import { catchHandler } from '../caught-handler.ts';
import type { Fault, Scene } from '../fault.ts';
import { linesIn, type Phase } from '../pipeline/ledger.ts';
import { whenGranted } from '../when-granted.ts';

/** SIGKILL to a worker, whose handlers are to go with it. @returns false where there was none any more. */
export async function killWorker(worker: ProcessIdentity): Promise<boolean> {
  const children = await childrenOf(worker);
  if (!sendSignal(worker.pid, 'SIGKILL')) return false;
  // Those that a fault had stopped cannot end before they go on.
  for (const { pid } of children) sendSignal(pid, 'SIGCONT');
  await Promise.all([worker, ...children].map(untilGone));
  return true;
}

/** Before a handler has begun: its process is stopped, so that the attempt is there and none of its code has run. */
export const killBeforeStart: Fault = {
  kind: 'kill worker before start',
  isPossible: () => true,
  strike: async ({ stage, runs, random }) => {
    const run = random.one(runs);
    const worker = random.one(await stage.workers());
    const children = await childrenOf(worker);
    for (const { pid } of children) sendSignal(pid, 'SIGSTOP');
    const waiting = await whenGranted(3_000, async () => {
      const { attempts } = await stage.client().run(run.id);
      const began = await linesIn(run.folder);
      return attempts.find(
        ({ path, attempt, status, worker: name }) =>
          status === 'running' &&
          name.endsWith(`/${worker.pid}`) &&
          !began.some((line) => line.path === path && line.attempt === attempt),
      );
    });
    if (waiting === null) {
      for (const { pid } of children) sendSignal(pid, 'SIGCONT');
      return null;
    }
    return (await killWorker(worker)) ? `worker ${worker.pid}, ${waiting.path} of ${run.id}` : null;
  },
};

function killAt(phase: Phase): Fault {
  return {
    kind: `kill worker, ${phase}`,
    isPossible: () => true,
    strike: async ({ runs }) => {
      const caught = await catchHandler(runs, phase);
      if (caught === null) return null;
      const { path, parent } = caught.line;
      const { run } = caught;
      await killWorker(await identify(parent));
      return `worker ${parent}, ${path} of ${run.id}`;
    },
  };
}
export const killMidway = killAt('middle');
export const killAfterOutput = killAt('written');

/** The attempt is recorded as done; that Temporal is told is what the worker does not live to do. */
export const killBeforeReport: Fault = {
  kind: 'kill worker before its report',
  isPossible: () => true,
  strike: async ({ stage, runs }) => {
    const caught = await catchHandler(runs, 'written');
    if (caught === null) return null;
    const { path, attempt, parent } = caught.line;
    const { run } = caught;
    const isSecond = parent === stage.second().pid;
    if (isSecond) stage.toTemporal.pause();
    try {
      await caught.release();
      if (isSecond) await whenGranted(20_000, () => isRecorded(stage.client(), run.id, path, attempt));
      await killWorker(await identify(parent));
    } finally {
      stage.toTemporal.goOn();
    }
    return `worker ${parent}, ${path} of ${run.id}${isSecond ? ', recorded' : ''}`;
  },
};

async function isRecorded(client: ReturnType<Scene['stage']['client']>, runId: string, path: string, attempt: number) {
  const { attempts } = await client.run(runId);
  return attempts.some((row) => row.path === path && row.attempt === attempt && row.status === 'succeeded');
}

/** At no moment that anybody chose. */
export const killAnyTime: Fault = {
  kind: 'kill worker at any time',
  isPossible: () => true,
  strike: async ({ stage, random }) => {
    await delay(random.below(1_500));
    const worker = random.one(await stage.workers());
    return (await killWorker(worker)) ? `worker ${worker.pid}` : null;
  },
};
