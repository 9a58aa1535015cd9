/** All trials are drawn at random, and each is run once. */
export interface RandomSearch {
  readonly kind: 'random';
  readonly trials: number;
  readonly seed: number;
}

/** Many trials are begun with little, the better ones go on with more. */
export interface SuccessiveHalving<
  Budget extends string = string,
  From extends string = string,
  Into extends string = string,
> {
  readonly kind: 'successiveHalving';
  readonly trials: number;
  readonly seed: number;
  readonly eta: number;
  readonly budget: Budget;
  readonly minBudget: number;
  readonly maxBudget: number;
  readonly resume: { readonly from: From; readonly into: Into } | null;
}

export type Strategy<Budget extends string = string, From extends string = string, Into extends string = string> =
  | RandomSearch
  | SuccessiveHalving<Budget, From, Into>;

/**
 * Random search (Bergstra and Bengio, 2012).
 *
 * @param options.trials 1 to 1,000, all different
 * @param options.seed draws the same trials again; 0 when left out
 */
export function random({ trials, seed = 0 }: { readonly trials: number; readonly seed?: number }): RandomSearch {
  return { kind: 'random', trials, seed };
}

interface HalvingOptions<Budget extends string> {
  /** Of the first round, 1 to 1,000, all different. */
  readonly trials: number;
  /** The best `1/eta` of a round, rounded up, go on, each with `eta` times the budget. 3 when left out. */
  readonly eta?: number;
  /** The input of the step that says how much it may do: epochs, rows, minutes. */
  readonly budget: Budget;
  /** Of the first round. */
  readonly minBudget: number;
  /** No round has more. */
  readonly maxBudget: number;
  /** Draws the same trials again; 0 when left out. */
  readonly seed?: number;
}

/**
 * Successive halving (Jamieson and Talwalkar, 2016): `trials` begin with `minBudget`; of each round the better ones go on with
 * `eta` times as much, until `maxBudget` is reached.
 *
 * @param options.resume what a trial gave `from` one round goes `into` the next as an input, which is null in the first:
 *   `{ from: 'model', into: 'start' }`
 */
export function successiveHalving<
  const Budget extends string,
  const From extends string = never,
  const Into extends string = never,
>(
  options: HalvingOptions<Budget> & { readonly resume?: { readonly from: From; readonly into: Into } },
): SuccessiveHalving<Budget, From, Into> {
  const { trials, eta = 3, budget, minBudget, maxBudget, seed = 0, resume = null } = options;
  return { kind: 'successiveHalving', trials, seed, eta, budget, minBudget, maxBudget, resume };
}

/** What each round of successive halving has, the first first. */
export function budgetsOf({ eta, minBudget, maxBudget }: SuccessiveHalving): readonly number[] {
  const budgets: number[] = [];
  for (let budget = minBudget; budget <= maxBudget; budget *= eta) budgets.push(budget);
  return budgets;
}
