import { setTimeout as delay } from 'node:timers/promises';
import { identify } from '../../../platform/process-identity.ts';
import { sendSignal } from '../../../platform/signals.ts';
import { childrenOf } from '../../support/embedded-system.ts';
import { catchHandler } from '../caught-handler.ts';
import type { Fault } from '../fault.ts';
import { linesIn, type Phase } from '../pipeline/ledger.ts';
import { whenGranted } from '../when-granted.ts';

/** A worker and its handlers stand still until another has taken over what they do; then they go on as zombies. */
function stopWorker(phase: Phase): Fault {
  return {
    kind: `stop worker, ${phase}`,
    isPossible: () => true,
    strike: async ({ stage, runs, random, zombies }) => {
      const caught = await catchHandler(runs, phase);
      if (caught === null) return null;
      const { path, attempt, parent } = caught.line;
      const { run } = caught;
      const stopped = [parent, ...(await childrenOf(await identify(parent))).map(({ pid }) => pid)];
      for (const pid of stopped) sendSignal(pid, 'SIGSTOP');
      await caught.release();
      const isReplaced = async () =>
        (await linesIn(run.folder)).some((line) => line.path === path && line.attempt > attempt);
      // What has external effects is given up, and not replaced.
      const isOver = async () =>
        (await stage.client().run(run.id)).tasks.some((task) => task.path === path && task.endedAt !== null);
      await whenGranted(30_000, async () => (await isReplaced()) || (await isOver()));
      const replaced = await isReplaced();
      if (replaced) zombies.push({ runId: run.id, path, attempt });
      await delay(random.below(3_000));
      for (const pid of stopped) sendSignal(pid, 'SIGCONT');
      return `worker ${parent}, ${path} of ${run.id}${replaced ? ', replaced' : ''}`;
    },
  };
}
export const stopWorkerMidway = stopWorker('middle');
export const stopWorkerAfterOutput = stopWorker('written');

/** Its worker's heart goes on beating for it. */
export const stopHandler: Fault = {
  kind: 'stop handler',
  isPossible: () => true,
  strike: async ({ runs, random }) => {
    const caught = await catchHandler(runs, 'middle');
    if (caught === null) return null;
    const { path, pid } = caught.line;
    const { run } = caught;
    sendSignal(pid, 'SIGSTOP');
    await caught.release();
    await delay(random.between(2_000, 8_000));
    sendSignal(pid, 'SIGCONT');
    return `handler ${pid}, ${path} of ${run.id}`;
  },
};

export const stopPart: Fault = {
  kind: 'stop temporal or api',
  isPossible: () => true,
  strike: async ({ stage, random }) => {
    const part = random.one(['temporal', 'api'] as const);
    const stopped = (await stage.system().record()).parts[part];
    if (stopped === undefined || !sendSignal(stopped.pid, 'SIGSTOP')) return null;
    const forMs = random.between(2_000, 9_000);
    await delay(forMs);
    sendSignal(stopped.pid, 'SIGCONT');
    return `${part} ${stopped.pid} for ${forMs} ms`;
  },
};
