import { readFileSync, writeFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { compilePipeline } from '../../dsl/compile.ts';
import { definePipeline } from '../../dsl/define-pipeline.ts';
import { defineStep } from '../../dsl/define-step.ts';
import { canonicalJson } from '../../ir/json.ts';
import { choice, integer, logUniform, uniform } from './dimension.ts';
import { drawTrials } from './draw-trials.ts';
import search from './golden/search.ts';
import { nextRound } from './next-round.ts';
import type { SearchRules, SearchState } from './search-state.ts';
import { budgetsOf, random, successiveHalving } from './strategy.ts';
import { tune } from './tune.ts';

const train = defineStep({
  name: 'train',
  input: z.object({ rate: z.number().positive(), depth: z.int().max(9).default(3), epochs: z.int().default(1) }),
  output: z.object({ auc: z.number(), note: z.string() }),
}).implement(() => ({ auc: 1, note: '' }));

describe('a search', () => {
  it('compiles to its golden file, the same twice', () => {
    const file = new URL('./golden/search.golden.json', import.meta.url);
    const ir = compilePipeline(search);
    const text = `${JSON.stringify(JSON.parse(canonicalJson(ir)), null, 2)}\n`;
    if (process.env.UPDATE_GOLDEN === '1') writeFileSync(file, text);
    expect(text).toBe(readFileSync(file, 'utf8'));
    expect(canonicalJson(compilePipeline(search))).toBe(canonicalJson(ir));
  });

  const good = {
    step: train,
    input: {},
    space: { rate: uniform(0.1, 1) },
    metric: 'auc',
    goal: 'maximize',
    strategy: random({ trials: 2 }),
  } as const;
  const halving = (changes: object) =>
    successiveHalving({ trials: 4, budget: 'epochs', minBudget: 1, maxBudget: 9, ...changes });

  // `tsc` refuses some of these before; a file may never have seen it.
  it.each<[string, object, string]>([
    ['no space', { space: {} }, 'its space is empty'],
    ['an unknown input', { space: { speed: uniform(0, 1) } }, "the step has no such input; it has 'rate', 'depth'"],
    [
      'what the step does not take',
      { space: { rate: uniform(0, 1) } },
      "its space gives 'rate' 0, which the step does not take",
    ],
    ['a choice too many', { space: { rate: uniform(0.1, 1), depth: choice([3, 12]) } }, "'depth' 12, which the step"],
    ['a choice of nothing', { space: { rate: choice([]) } }, "'rate' of its space is a choice of nothing"],
    ['a range that is none', { space: { rate: uniform(1, 1) } }, 'goes from 1 to 1'],
    ['no logarithm', { space: { rate: logUniform(0, 1) } }, 'begins at 0, which has no logarithm'],
    ['no whole number', { space: { rate: integer(0.5, 2) } }, 'which are to be whole'],
    ['too many trials', { strategy: random({ trials: 1_001 }) }, 'from 1 to 1000'],
    ['half a seed', { strategy: random({ trials: 1, seed: 0.5 }) }, 'seed is 0.5'],
    ['more trials than points', { space: { rate: choice([1, 2]) }, strategy: random({ trials: 3 }) }, 'has 2 points'],
    ['an unknown metric', { metric: 'loss' }, "gives no 'loss' to be judged by; it gives 'auc', 'note'"],
    ['a metric that is a text', { metric: 'note' }, "'note', which trials are to be judged by, is no number"],
    ['eta of 1', { strategy: halving({ eta: 1 }) }, 'eta is 1; give 2 or more'],
    ['budgets that shrink', { strategy: halving({ maxBudget: 0.5 }) }, 'budgets go from 1 to 0.5'],
    [
      'budgets in parts',
      { strategy: halving({ minBudget: 0.5 }) },
      "the budget is 'epochs' 0.5, which the step does not take",
    ],
    [
      'an unknown budget',
      { strategy: halving({ budget: 'hours' }) },
      "the budget is 'hours', and the step has no such input",
    ],
    [
      'a budget of the space',
      { strategy: halving({ budget: 'rate' }) },
      "'rate' is in the space, and the strategy gives it",
    ],
    ['a start that cannot be', { strategy: halving({ resume: { from: 'auc', into: 'depth' } }) }, 'make it nullable'],
    ['no patience', { earlyStop: { patience: 0 }, concurrency: 1 }, 'patience is 0'],
    [
      'less than no improvement',
      { earlyStop: { patience: 1, minImprovement: -1 }, concurrency: 1 },
      'minImprovement is -1',
    ],
    ['no rounds to stop between', { earlyStop: { patience: 1 } }, 'give concurrency'],
  ])('refuses %s', (_, changes, message) => {
    const asked = { ...good, ...changes } as typeof good;
    expect(() => compilePipeline(definePipeline({ name: 'p' }, () => tune(asked)))).toThrow(message);
  });
});

describe('trials', () => {
  const space = { rate: logUniform(1e-4, 1e-1), depth: integer(1, 3), kind: choice(['a', 'b']) };

  it('are the same for a seed, all different, and the first of more', () => {
    const ten = drawTrials(space, 10, 7);
    expect(drawTrials(space, 20, 7).slice(0, 10)).toEqual(ten);
    expect(drawTrials(space, 10, 8)).not.toEqual(ten);
    expect(new Set(ten.map((params) => JSON.stringify(params))).size).toBe(10);
  });

  it('fill their space', () => {
    const many = drawTrials(space, 300, 1);
    const rates = many.map(({ rate }) => Number(rate));
    expect(Math.min(...rates)).toBeGreaterThanOrEqual(1e-4);
    expect(Math.max(...rates)).toBeLessThanOrEqual(1e-1);
    // A third of them in each order of magnitude, more or less.
    expect(rates.filter((rate) => rate < 1e-3).length).toBeGreaterThan(60);
    expect(new Set(many.map(({ depth, kind }) => `${depth}${kind}`)).size).toBe(6);
    expect(drawTrials({ depth: integer(1, 3), kind: choice(['a', 'b']) }, 6, 3)).toHaveLength(6);
  });
});

describe('after a round', () => {
  const candidates = [0, 1, 2, 3, 4].map((trial) => ({ trial, params: { rate: trial }, budget: 1, start: null }));
  const first: SearchState = { round: 0, candidates, waiting: [], trials: [], best: null, stale: 0, done: false };
  const rules: SearchRules = {
    metric: 'auc',
    goal: 'maximize',
    halving: { eta: 2, budgets: [1, 2, 4], from: 'model' },
    earlyStop: null,
  };
  const outputs = [0.1, 0.5, 0.3, 0.5, 0.2].map((auc, trial) => ({ auc, model: `m${trial}` }));

  it('of halving the better half goes on, rounded up, with what it gave and twice the budget', () => {
    const next = nextRound(first, outputs, rules);
    expect(next.candidates).toEqual([
      { trial: 1, params: { rate: 1 }, budget: 2, start: 'm1' },
      { trial: 3, params: { rate: 3 }, budget: 2, start: 'm3' },
      { trial: 2, params: { rate: 2 }, budget: 2, start: 'm2' },
    ]);
    expect(next).toMatchObject({ round: 1, done: false, best: { trial: 1, metric: 0.5, output: { model: 'm1' } } });
    expect(next.trials).toHaveLength(5);
    // The best is of the round with the most budget, though an earlier one had more.
    const second = nextRound(next, [{ auc: 0.2 }, { auc: 0.4 }, { auc: 0.3 }], rules);
    expect(second.best).toMatchObject({ trial: 3, metric: 0.4, budget: 2 });
    expect(second.candidates.map(({ trial }) => trial)).toEqual([3, 2]);
    expect(nextRound(second, [{ auc: 0.1 }, { auc: 0 }], rules)).toMatchObject({ done: true, best: { trial: 3 } });
  });

  it('less is better where the goal says so', () => {
    expect(nextRound(first, outputs, { ...rules, goal: 'minimize' }).best).toMatchObject({ trial: 0 });
  });

  it('failed trials are told and go on in no round', () => {
    const next = nextRound(first, [null, null, { auc: 0.3, model: 'm' }, null, null], rules);
    expect(next.candidates.map(({ trial }) => trial)).toEqual([2]);
    expect(next.trials.map(({ metric }) => metric)).toEqual([null, null, 0.3, null, null]);
    expect(() => nextRound(first, [null, null, null, null, null], rules)).toThrow('Of 5 trials none succeeded');
  });

  it('a metric that is no number is the step’s mistake', () => {
    expect(() => nextRound(first, [{ auc: 'high' }], rules)).toThrow(`Trial 0 gave "high" as 'auc'`);
  });

  it('a search at random ends with its rounds, or when it has gained too little too often', () => {
    const one = (trial: number) => [{ trial, params: {}, budget: null, start: null }];
    const state: SearchState = { ...first, candidates: one(0), waiting: [one(1), one(2), one(3)] };
    const patient: SearchRules = { ...rules, halving: null, earlyStop: { patience: 2, minImprovement: 0.1 } };
    const searched = (aucs: readonly number[], by: SearchRules) =>
      aucs.reduce((search, auc) => nextRound(search, [{ auc }], by), state);
    expect(searched([0.5, 0.55], patient)).toMatchObject({ stale: 1, done: false, best: { metric: 0.55 } });
    expect(searched([0.5, 0.55, 0.6], patient)).toMatchObject({ done: true, candidates: [], best: { metric: 0.6 } });
    expect(searched([0.5, 0.7, 0.7], patient)).toMatchObject({ done: false });
    expect(searched([0.5, 0.4, 0.3], { ...patient, earlyStop: null }).done).toBe(false);
    expect(searched([0.5, 0.4, 0.3, 0.6], { ...patient, earlyStop: null })).toMatchObject({
      done: true,
      best: { trial: 3, metric: 0.6 },
    });
  });

  it('budgets grow by eta and stop at the most', () => {
    const options = { trials: 1, budget: 'epochs', minBudget: 1 };
    expect(budgetsOf(successiveHalving({ ...options, maxBudget: 27 }))).toEqual([1, 3, 9, 27]);
    expect(budgetsOf(successiveHalving({ ...options, eta: 4, maxBudget: 15 }))).toEqual([1, 4]);
  });
});
