import { describe, expect, it } from 'vitest';
import type { AppliedTriggers } from '../../server/client.ts';
import { appliedText, failureOf } from './triggers-apply-handler.ts';

const trigger: AppliedTriggers['items'][number]['trigger'] = {
  ...{ name: 'hook', generation: 1, pipeline: 'score', version: 1, params: {}, priority: null },
  ...{ paused: false, note: null, updatedAt: 0, updatedBy: 'ada' },
  spec: {
    ...{ watched: 1, since: 0, declared: true, where: null, bind: {}, partition: null },
    on: { kind: 'webhook', body: null },
  },
};
const hook = { change: 'created', trigger, look: null, secret: 'whsec_x' } as const;
const failed = { trigger: 'chain', message: 'It was changed meanwhile.', next: 'Look at it.' };

describe('triggers that were applied', () => {
  it('are shown with their secrets also where others failed, which ends the command with 1', () => {
    const applied = { items: [hook], failures: [failed] };
    expect(appliedText(applied)).toMatch(/hook +created.*chain +failed.*shown this once: whsec_x$/s);
    expect(failureOf('score.ts', applied)).toMatchObject({
      exitCode: 1,
      message: '1 of the triggers in score.ts could not be applied:\nchain: It was changed meanwhile. Look at it.',
      next: expect.stringContaining('millrace triggers apply score.ts'),
    });
  });

  it('are told where the file has them no more', () => {
    const left = { ...hook, change: 'left', secret: null } as const;
    expect(appliedText({ items: [left], failures: [] })).toMatch(/hook +left.*no hook any more; --prune deletes/s);
  });

  it('end well where all were', () => {
    expect(failureOf('score.ts', { items: [hook], failures: [] })).toBeNull();
  });
});
