import { expect, it } from 'vitest';
import type { TaskExplanation } from '../../server/client.ts';
import { explanationText } from './explain-handler.ts';

const task = (changes: Partial<TaskExplanation>): TaskExplanation => ({
  ...{ path: 'train', step: 'train', verdict: 'missed', detail: 'Told.', origin: null, compared: null },
  ...{ differences: [], next: null },
  ...changes,
});

it('tells of each task what became of its look-up, what differs, and what leads on', () => {
  const differences = [
    { part: 'code', before: 'sha256:a', after: 'sha256:b' },
    { part: 'input rate', before: null, after: '0.1' },
    { part: 'secret key', before: null, after: null },
  ];
  const tasks = [
    task({ differences, detail: 'Differs from run r0 in: code.', next: "millrace runs get r0 --path 'train'" }),
    task({ path: 'load', verdict: 'hit', detail: "The result of run r0, task 'load'." }),
    task({ path: 'mail', verdict: 'notLookedUp' }),
  ];
  expect(explanationText({ runId: 'r1', tasks, isCut: false })).toBe(
    [
      'train  missed',
      '  Differs from run r0 in: code.',
      '  PART        THEN → NOW',
      '  code        sha256:a → sha256:b',
      '  input rate  none → 0.1',
      '  secret key  has changed',
      "  More: millrace runs get r0 --path 'train'",
      'load  hit',
      "  The result of run r0, task 'load'.",
      'mail  not looked up',
      '  Told.',
    ].join('\n'),
  );
  expect(explanationText({ runId: 'r1', tasks: [], isCut: false })).toBe('Run r1 has no tasks yet.');
});
