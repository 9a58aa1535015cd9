import { fanOut } from '../../dsl/fan-out.ts';
import { loop } from '../../dsl/loop.ts';
import type { Ref, RefCore } from '../../dsl/ref.ts';
import { checkTuning } from './check-tuning.ts';
import { drawTrials, type Space } from './draw-trials.ts';
import { judgeTrials } from './judge-trials.ts';
import type { Candidate, SearchRules, SearchState } from './search-state.ts';
import { budgetsOf, type Strategy } from './strategy.ts';
import type {
  BestTrial,
  EarlyStop,
  InputOf,
  Only,
  SpaceOf,
  StrategyOf,
  Trial,
  Tried,
  Tuned,
  Tuning,
} from './tuning.ts';

/**
 * Looks for the inputs with which a step, or a pipeline, gives the best metric. It is made of the words of pipelines: a loop,
 * whose rounds are fan-outs of trials. Trials are drawn when the pipeline is compiled, so that the same seed finds them in the
 * cache.
 *
 * @throws CompileError `badValue` for a space that the step does not take, a metric that it does not give, and counts that
 *   make no search.
 * @example
 * const { best } = tune({
 *   step: train,
 *   input: { training },
 *   space: { learningRate: logUniform(1e-4, 1e-1), depth: choice([3, 5, 7]) },
 *   metric: 'auc',
 *   goal: 'maximize',
 *   strategy: random({ trials: 20, seed: 7 }),
 *   concurrency: 4,
 * });
 */
export function tune<T extends Tried, const S extends SpaceOf<InputOf<T>>, const St extends StrategyOf<T>>(
  tuning: Tuning<T, Only<S, InputOf<T>>, St>,
): Tuned<T, S> {
  const { step, strategy, name = 'tune' } = tuning;
  const space: Space = tuning.space as Space;
  checkTuning({ ...tuning, space });
  const start = firstState(space, strategy, tuning);
  const rules = rulesOf(tuning);
  const max = strategy.kind === 'random' ? start.waiting.length + 1 : budgetsOf(strategy).length;
  // A point that fails says nothing of the others; where all fail, `judgeTrials` does.
  const { concurrency, minSuccess = 0 } = tuning;
  const widths = { name: 'trials', minSuccess, ...(concurrency === undefined ? {} : { concurrency }) };
  const fixed: Inputs = tuning.input;
  const state = loop(start, { name, max, until: (search) => search.done }, (search) => {
    const outputs = fanOut(search.candidates, widths, (candidate) =>
      tried(step, { ...fixed, ...inputsOf(candidate, space, strategy) }),
    );
    // The same state: to the types, what is unknown is another thing once a loop has carried it.
    return judgeTrials({ search, outputs, rules }) as RefCore<unknown> as typeof search;
  });
  // What the state holds as JSON is of the types that the step and the space have.
  return {
    best: state.best as RefCore<unknown> as Ref<BestTrial<T, S>>,
    trials: state.trials as RefCore<unknown> as Ref<Trial<S>[]>,
  };
}

type Inputs = Readonly<Record<string, unknown>>;

/** Of a step or a pipeline, which of them it is makes no difference; what its inputs are, `Tuning` has seen to. */
function tried(step: Tried, inputs: Inputs): Ref<unknown> {
  return Reflect.apply(step, undefined, [inputs]);
}

/** The inputs of a trial that are not those of all, each by a Ref to its place in the candidate. */
function inputsOf(candidate: Ref<Candidate>, space: Space, strategy: Strategy): Inputs {
  const { params } = candidate;
  const drawn = Object.fromEntries(Object.keys(space).map((name) => [name, fieldOf(params, name)]));
  if (strategy.kind === 'random') return drawn;
  const { budget, resume } = strategy;
  const resumed = resume === null ? {} : { [resume.into]: candidate.start };
  return { ...drawn, [budget]: candidate.budget, ...resumed };
}

function fieldOf(params: Ref<Candidate['params']>, name: string): RefCore<unknown> {
  const field = params[name];
  if (field === undefined) throw new Error(`A Ref has no field '${name}'.`);
  return field;
}

function firstState(space: Space, strategy: Strategy, { earlyStop, concurrency }: Rounds): SearchState {
  const budget = strategy.kind === 'random' ? null : strategy.minBudget;
  const all = drawTrials(space, strategy.trials, strategy.seed).map(
    (params, trial): Candidate => ({ trial, params: { ...params }, budget, start: null }),
  );
  const inRounds = strategy.kind === 'random' && earlyStop !== undefined;
  const size = (inRounds ? concurrency : undefined) ?? all.length;
  const rounds = Array.from({ length: Math.ceil(all.length / size) }, (_, round) =>
    all.slice(round * size, (round + 1) * size),
  );
  const [candidates = [], ...waiting] = rounds;
  return { round: 0, candidates, waiting, trials: [], best: null, stale: 0, done: false };
}

interface Rounds {
  readonly earlyStop?: EarlyStop;
  readonly concurrency?: number;
}

interface Judging extends Rounds {
  readonly metric: string;
  readonly goal: SearchRules['goal'];
  readonly strategy: Strategy;
}

function rulesOf({ metric, goal, strategy, earlyStop }: Judging): SearchRules {
  const halving =
    strategy.kind === 'random'
      ? null
      : { eta: strategy.eta, budgets: [...budgetsOf(strategy)], from: strategy.resume?.from ?? null };
  const stop = earlyStop === undefined ? null : { minImprovement: 0, ...earlyStop };
  return { metric, goal, halving, earlyStop: stop };
}
