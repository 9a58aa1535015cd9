import { describe, expect, it } from 'vitest';
import { readPolicy, readRetention } from './read-policy.ts';

const DAY = 86_400_000;

describe('a retention policy', () => {
  it('is read as people write it', () => {
    expect(readPolicy({})).toEqual({ runs: null, logsMs: null, artifactsMs: null, eventsMs: 30 * DAY });
    const artifactsMs = 60 * DAY;
    expect(readPolicy({ runs: '30d', artifacts: '60d', events: '7d' })).toEqual({
      runs: { kind: 'age', ms: 30 * DAY },
      logsMs: null,
      artifactsMs,
      eventsMs: 7 * DAY,
    });
    expect(readPolicy({ runs: '100', logs: '12h' })).toMatchObject({
      runs: { kind: 'count', count: 100 },
      logsMs: DAY / 2,
    });
  });

  it.each([
    [{ runs: 'many' }, /runs are kept is 'many'.*how many of each pipeline/],
    [{ logs: '100' }, /logs are kept is '100'/],
    [{ artifacts: '-1d' }, /artifacts are kept is '-1d'/],
  ])('is refused as %j', (text, said) => {
    expect(() => readPolicy(text)).toThrow(said);
  });

  it('of the environment is none unless it is set', () => {
    expect(readRetention(undefined)).toBeNull();
    expect(readRetention('')).toBeNull();
    expect(readRetention(' runs=100  logs=14d ')).toEqual(readPolicy({ runs: '100', logs: '14d' }));
  });

  it.each(['30d', 'runs=', 'runs=1 runs=2', 'cache=1d', 'runs'])('of the environment is refused as %j', (text) => {
    expect(() => readRetention(text)).toThrow(/^MILLRACE_RETENTION has '/);
  });
});
