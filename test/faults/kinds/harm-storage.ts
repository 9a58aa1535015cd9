import { setTimeout as delay } from 'node:timers/promises';
import type { Fault as RequestFault } from '../../../store/testing/faulty-proxy.ts';
import type { Fault } from '../fault.ts';

/** Of metadata, artifacts and Temporal's own file. */
export const fillDisk: Fault = {
  kind: 'disk full',
  isPossible: ({ disk }) => disk !== null,
  strike: async ({ stage, random }) => {
    const forMs = random.between(500, 3_000);
    await stage.disk?.fill();
    await delay(forMs);
    await stage.disk?.empty();
    return `for ${forMs} ms`;
  },
};

function harmRequests(kind: string, faults: readonly RequestFault[], forMs: number): Fault {
  return {
    kind,
    isPossible: ({ storage }) => storage.harmRequests !== null,
    strike: async ({ stage, random }) => {
      let harmed = 0;
      stage.storage.harmRequests?.(() => {
        if (random.below(2) === 0) return null;
        harmed += 1;
        return random.one(faults);
      });
      await delay(forMs);
      stage.storage.harmRequests?.(() => null);
      return harmed === 0 ? null : `${harmed} requests`;
    },
  };
}

export const s3Errors = harmRequests(
  's3 errors',
  [
    { kind: 'error', status: 503, code: 'SlowDown' },
    { kind: 'error', status: 500, code: 'InternalError' },
    { kind: 'break', at: 'request' },
    { kind: 'break', at: 'answer' },
  ],
  4_000,
);
export const slowS3 = harmRequests(
  'slow s3',
  [
    { kind: 'slow', ms: 1_500 },
    { kind: 'slow', ms: 4_000 },
  ],
  4_000,
);
