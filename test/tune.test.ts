import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { judgeTrials } from '../activities/tune/judge-trials.ts';
import { nextRound } from '../activities/tune/next-round.ts';
import { compileFile } from '../code/compile-file.ts';
import type { RunDetail } from '../server/client.ts';
import type { InterpreterDriver, TestHandler } from '../workflows/interpreter-driver.suite.ts';
import { millrace } from './support/command-line.ts';
import { inProcessDriver } from './support/in-process-driver.ts';
import { temporalDriver } from './support/temporal-driver.ts';

const PIPELINE = resolve('test/support/tuned-pipeline.suite.ts');

interface Found {
  readonly best: { readonly trial: number; readonly metric: number; readonly params: { readonly x: number } };
  readonly trials: readonly {
    readonly trial: number;
    readonly round: number;
    readonly budget: number | null;
    readonly metric: number | null;
    readonly params: { readonly x: number };
  }[];
}
type Output = Readonly<Record<'wide' | 'deep', Found>>;

/** The best of 12 at random is at x = 3 or near; of 9 halved by three, 3 go on, and 1. */
function expectSearched({ wide, deep }: Output): void {
  expect(wide.trials).toHaveLength(12);
  expect(wide.best.metric).toBe(-((wide.best.params.x - 3) ** 2));
  expect(deep.trials.map(({ round }) => round)).toEqual([...Array(9).fill(0), ...Array(3).fill(1), 2]);
  expect(deep.trials.map(({ budget }) => budget).slice(8)).toEqual([1, 3, 3, 3, 9]);
  expect(deep.best).toMatchObject({ metric: expect.any(Number), budget: 9 });
}

describe.each<[string, () => Promise<InterpreterDriver>]>([
  ['in process', async () => inProcessDriver()],
  ['on Temporal', () => temporalDriver({ cached: false })],
])('a search %s', (_, makeDriver) => {
  let driver: InterpreterDriver;
  beforeAll(async () => {
    driver = await makeDriver();
  });
  afterAll(() => driver.close());

  const search = async (score: TestHandler) => {
    const handlers: Readonly<Record<string, TestHandler>> = {
      score,
      judgeTrials: (input) => {
        const { search, outputs, rules } = judgeTrials.inputSchema.parse(input);
        return nextRound(search, outputs, rules);
      },
    };
    const { compiled } = await compileFile(PIPELINE);
    return (await driver.run(compiled, { handlers, params: { folder: '' } })).outcome;
  };
  const score: TestHandler = ({ x, epochs }) => ({ value: -((Number(x) - 3) ** 2), reached: Number(epochs) });
  const failing = () => {
    throw Object.assign(new Error('too far off'), { name: 'Final' });
  };

  it('tries, judges and goes on', async () => {
    const outcome = await search(score);
    expect([outcome.status, outcome.error]).toEqual(['succeeded', null]);
    expectSearched(outcome.output as unknown as Output);
  });

  it('goes on without the trials that fail', async () => {
    const { status, error, output } = await search((input, call) =>
      Number(input.x) > 5 ? failing() : score(input, call),
    );
    expect([status, error]).toEqual(['succeeded', null]);
    const { wide } = output as unknown as Output;
    expect(wide.trials).toHaveLength(12);
    const failed = wide.trials.filter(({ metric }) => metric === null);
    expect(failed).toEqual(wide.trials.filter(({ params }) => params.x > 5));
    expect(failed.length).toBeGreaterThan(0);
    expect(wide.best.params.x).toBeLessThan(5);
  });

  it('fails where no trial succeeds, and says so', async () => {
    const { status, error } = await search(failing);
    expect([status, error]).toEqual(['failed', expect.stringMatching(/Of (12|9) trials none succeeded/)]);
  });
});

describe('a search in a process of its own', () => {
  let folder = '';
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'millrace-tune-'));
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  it('finds its trials in the cache when it is run again, and goes on with what each gave', async () => {
    const run = async () => {
      const place = ['--local', '--home', join(folder, 'home'), '-o', 'json'];
      const { code, out, err } = await millrace('run', PIPELINE, `folder=${folder}`, ...place);
      if (code !== 0) throw new Error(err);
      return JSON.parse(out) as RunDetail;
    };
    const first = await run();
    expectSearched(first.run.output as unknown as Output);
    const ledger = async () => (await readFile(join(folder, 'ledger'), 'utf8')).trim().split('\n');
    const done = await ledger();
    expect(done).toHaveLength(25);
    // Each of three rounds begins where its trial was after the round before.
    expect(done).toContain('from 4 to 13');
    const second = await run();
    expect(second.run.output).toEqual(first.run.output);
    expect(await ledger()).toEqual(done);
  }, 120_000);
});
