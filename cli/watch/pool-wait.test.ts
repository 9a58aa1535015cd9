import { describe, expect, it } from 'vitest';
import type { PoolState } from '../../server/client.ts';
import { sampleRun, sampleTask } from '../testing/sample-run.suite.ts';
import { poolWaitText, runWaitText } from './pool-wait.ts';

const place = (runId: string, path: string, slots = 1) => ({ runId, path, slots, priority: 3, askedAt: 0 });
const pool = (name: string, slots: number, change: Partial<PoolState> = {}): PoolState => ({
  ...{ name, set: null, slots, holds: [], waits: [] },
  ...change,
});

describe('what waits for slots', () => {
  it('says of which pool, and who has them', () => {
    const task = sampleTask('load', { status: 'waiting', detail: { pools: { warehouse: 2, 'queue:gpu': 1 } } });
    const holds = [place('r2', 'a', 2), place('r3', 'b'), place('r4', 'c')];
    expect(poolWaitText(task, [pool('warehouse', 4, { holds })])).toBe(
      'waits for 2 slots of pool warehouse: 4 of 4 taken, by run r2 a, run r3 b, 1 more; queue gpu',
    );
    expect(poolWaitText(sampleTask('load', { status: 'waiting' }), [])).toBeNull();
  });

  it('says of a run for which of its pipeline it waits', () => {
    const waits = [place('r0', ''), place('r1', '')];
    const single = pool('pipeline:flights', 1, { holds: [place('r9', '')], waits });
    const detail = { ...sampleRun([], [], { status: 'pending' }), pools: [single] };
    expect(runWaitText(detail)).toBe('waits for run r9 of this pipeline (at most 1 at once, and 1 before it in line)');
    expect(runWaitText({ ...detail, pools: [{ ...single, holds: [] }] })).toBe(
      'waits for its turn: at most 1 at once of this pipeline, and 1 before it in line',
    );
    expect(runWaitText(sampleRun([], [], { status: 'pending' }))).toBeNull();
  });
});
