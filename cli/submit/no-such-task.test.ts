import { describe, expect, it } from 'vitest';
import { sampleRun, sampleTask } from '../testing/sample-run.suite.ts';
import { noSuchTask } from './no-such-task.ts';

const trial = (index: number) => sampleTask(`trials[${index}]/train`);
const RUN = sampleRun([sampleTask('load'), sampleTask('trials', { kind: 'fanOut' }), trial(0), trial(1)]);

describe('a path that is no task', () => {
  it.each([
    ['laod', "Run r1 has no task 'laod'.", 'Did you mean load?'],
    ['train', "Run r1 has no task 'train'.", 'Did you mean trials[0]/train or trials[1]/train?'],
    ['trials', "'trials' of run r1 is no task (fanOut).", 'Did you mean trials[0]/train or trials[1]/train?'],
    ['publish', "Run r1 has no task 'publish'.", 'It has load, trials[0]/train, trials[1]/train.'],
  ])('%s', (path, message, next) => {
    expect(noSuchTask(RUN, path, 'task')).toMatchObject({ exitCode: 2, message, next });
  });

  it('names the first twenty of many, and counts the rest', () => {
    const many = sampleRun(Array.from({ length: 1_000 }, (_, index) => trial(999 - index)));
    const { next } = noSuchTask(many, 'train', 'task');
    expect(next).toContain('trials[19]/train … and 980 more (`millrace runs get r1`)?');
    expect(next).not.toContain('trials[20]');
  });

  it('names the nearest alone, where fan-outs have tasks of that name too', () => {
    const run = sampleRun([trial(0), sampleTask('train')]);
    expect(noSuchTask(run, 'trian', 'task').next).toBe('Did you mean train?');
    expect(noSuchTask(run, 'tra', 'task').next).toBe('Did you mean train?');
  });

  it('says that there is none', () => {
    expect(noSuchTask(RUN, 'approve', 'approval').next).toBe(
      'It has no approval at all so far: see `millrace runs get r1`.',
    );
  });
});
