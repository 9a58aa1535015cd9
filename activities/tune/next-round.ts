import type { Best, Candidate, Judged, SearchRules, SearchState } from './search-state.ts';

/** A trial of the round with what came of it. */
interface Ended extends Judged {
  readonly output: unknown;
}

/**
 * What a search does after a round.
 *
 * @param outputs of the candidates, in their order; null of one that failed
 * @throws Error when the search is over and no trial has succeeded.
 */
export function nextRound(state: SearchState, outputs: readonly unknown[], rules: SearchRules): SearchState {
  const ended = state.candidates.map((candidate, index) =>
    endOf(candidate, outputs[index] ?? null, state.round, rules),
  );
  const ranked = ended.flatMap(succeededOf).sort((left, right) => better(left, right, rules));
  const improved = isImproved(state.best, ranked[0], rules);
  const best = bestOf(state.best, ranked[0], rules);
  const stale = improved ? 0 : state.stale + 1;
  const [next = [], ...waiting] = rules.halving ? [survivorsOf(ranked, state.round + 1, rules)] : state.waiting;
  const isStale = rules.earlyStop !== null && stale >= rules.earlyStop.patience;
  const done = next.length === 0 || isStale;
  if (done && best === null) {
    throw new Error(`Of ${state.trials.length + ended.length} trials none succeeded; see what they failed of.`);
  }
  return {
    ...{ round: state.round + 1, best, stale, done },
    candidates: done ? [] : next,
    waiting: done ? [] : waiting,
    trials: [...state.trials, ...ended.map(({ output: _, ...judged }) => judged)],
  };
}

function endOf(candidate: Candidate, output: unknown, round: number, { metric }: SearchRules): Ended {
  const { start: _, ...tried } = candidate;
  if (output === null) return { ...tried, round, metric: null, output };
  const value = fieldOf(output, metric);
  if (typeof value === 'number') return { ...tried, round, metric: value, output };
  throw new TypeError(
    `Trial ${candidate.trial} gave ${JSON.stringify(value ?? null)} as '${metric}'; what is tried has to give a number there.`,
  );
}

function fieldOf(output: unknown, name: string): unknown {
  return typeof output === 'object' && output !== null ? Reflect.get(output, name) : undefined;
}

function succeededOf(ended: Ended): readonly Best[] {
  return ended.metric === null ? [] : [{ ...ended, metric: ended.metric }];
}

/** Of equals, the one that was drawn first, so that a search that is repeated ends alike. */
function better(left: Best, right: Best, { goal }: SearchRules): number {
  const difference = goal === 'maximize' ? right.metric - left.metric : left.metric - right.metric;
  return difference || left.trial - right.trial;
}

function isImproved(before: Best | null, now: Best | undefined, { goal, earlyStop }: SearchRules): boolean {
  if (before === null || now === undefined) return now !== undefined;
  const gain = goal === 'maximize' ? now.metric - before.metric : before.metric - now.metric;
  return gain > 0 && gain >= (earlyStop?.minImprovement ?? 0);
}

/** Of successive halving the best of the newest round, for what less budget gave is not to be compared; else of all. */
function bestOf(before: Best | null, now: Best | undefined, rules: SearchRules): Best | null {
  if (now === undefined || before === null) return now ?? before;
  return rules.halving !== null || better(now, before, rules) < 0 ? now : before;
}

function survivorsOf(ranked: readonly Best[], round: number, { halving }: SearchRules): Candidate[] {
  const budget = halving?.budgets[round];
  if (halving === null || budget === undefined) return [];
  const { eta, from } = halving;
  return ranked.slice(0, Math.ceil(ranked.length / eta)).map(({ trial, params, output }) => {
    const start = from === null ? null : (fieldOf(output, from) ?? null);
    return { trial, params, budget, start };
  });
}
