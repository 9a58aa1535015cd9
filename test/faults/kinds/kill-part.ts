import { setTimeout as delay } from 'node:timers/promises';
import { sendSignal } from '../../../platform/signals.ts';
import { untilGone } from '../../support/embedded-system.ts';
import type { Fault } from '../fault.ts';

function killPart(part: 'temporal' | 'api'): Fault {
  return {
    kind: `kill ${part}`,
    isPossible: () => true,
    strike: async ({ stage, random }) => {
      await delay(random.below(1_000));
      const before = (await stage.system().record()).parts[part];
      // One that was killed before may not be up again.
      if (before === undefined || !sendSignal(before.pid, 'SIGKILL')) return null;
      await untilGone(before);
      return `${part} ${before.pid}`;
    },
  };
}
export const killTemporal = killPart('temporal');
export const killApi = killPart('api');

/** Its parts end by themselves, but for Temporal, which the next supervisor ends. */
export const killSupervisor: Fault = {
  kind: 'kill supervisor',
  isPossible: () => true,
  strike: async ({ stage, random }) => {
    const { supervisor } = await stage.system().record();
    sendSignal(supervisor.pid, 'SIGKILL');
    await untilGone(supervisor);
    await delay(random.below(3_000));
    await stage.raise();
    return `supervisor ${supervisor.pid}`;
  },
};

export const killEverything: Fault = {
  kind: 'kill everything at once',
  isPossible: () => true,
  strike: async ({ stage, random }) => {
    const { supervisor } = await stage.system().record();
    const second = stage.second();
    sendSignal(second.pid, 'SIGKILL');
    await Promise.all([stage.system().killAll(), untilGone(second)]);
    await delay(random.below(3_000));
    await stage.raise();
    return `supervisor ${supervisor.pid}, its parts and worker ${second.pid}`;
  },
};
