import type { z } from 'zod';
import { isStep } from '../../dsl/index.ts';
import { badValue } from '../../dsl/lower.ts';
import { isJsonObject } from '../../ir/json.ts';
import { extremesOf, faultOf, valuesIn } from './dimension.ts';
import type { Space } from './draw-trials.ts';
import { budgetsOf, type Strategy, type SuccessiveHalving } from './strategy.ts';
import type { EarlyStop, Tried } from './tuning.ts';

/** What is looked at before anything is recorded; its types are looser, for a file may never have seen `tsc`. */
export interface Asked {
  readonly step: Tried;
  readonly space: Space;
  readonly metric: string;
  readonly strategy: Strategy;
  readonly earlyStop?: EarlyStop;
  readonly concurrency?: number;
}

const MOST_TRIALS = 1_000;

/** @throws CompileError `badValue` for a search that could not be run, or would not be what it says. */
export function checkTuning(asked: Asked): void {
  const fault = faultIn(asked);
  if (fault !== null) throw badValue(`tune: ${fault}`);
}

function faultIn({ step, space, metric, strategy, earlyStop, concurrency }: Asked): string | null {
  const inputs = inputsOf(step);
  return (
    spaceFault(space, inputs) ??
    trialsFault(space, strategy) ??
    metricFault(step, metric) ??
    (strategy.kind === 'successiveHalving' ? halvingFault(strategy, space, inputs) : null) ??
    stopFault(strategy, earlyStop, concurrency)
  );
}

type Inputs = Readonly<Record<string, z.core.$ZodType>>;

function inputsOf(step: Tried): Inputs {
  return isStep(step) ? step.inputSchema.shape : step.paramsSchema.shape;
}

function spaceFault(space: Space, inputs: Inputs): string | null {
  const names = Object.keys(space);
  if (names.length === 0) return 'its space is empty; name an input of the step, and what it may be';
  for (const name of names) {
    const dimension = space[name];
    const fault = dimension === undefined ? 'is undefined' : faultOf(dimension);
    if (fault !== null) return `'${name}' of its space ${fault}`;
    const refused = (dimension ? extremesOf(dimension) : []).find((value) => !takes(inputs, name, value));
    if (refused !== undefined) return refusedText(`its space gives '${name}'`, refused, inputs, name);
  }
  return null;
}

function takes(inputs: Inputs, name: string, value: unknown): boolean {
  const schema = inputs[name] as z.ZodType | undefined;
  return schema?.safeParse(value).success ?? false;
}

function refusedText(what: string, value: unknown, inputs: Inputs, name: string): string {
  if (inputs[name] !== undefined) return `${what} ${JSON.stringify(value)}, which the step does not take`;
  return `${what}, and the step has no such input; it has ${quoted(Object.keys(inputs))}`;
}

function trialsFault(space: Space, { trials, seed }: Strategy): string | null {
  if (!Number.isInteger(trials) || trials < 1 || trials > MOST_TRIALS) {
    return `trials is ${trials}; they are counted whole, from 1 to ${MOST_TRIALS}`;
  }
  if (!Number.isInteger(seed)) return `seed is ${seed}; give a whole number`;
  const points = Object.values(space).reduce((product, dimension) => product * valuesIn(dimension), 1);
  return trials > points ? `trials is ${trials}, and its space has ${points} points` : null;
}

function metricFault(step: Tried, metric: string): string | null {
  if (!isStep(step)) return null;
  const { properties } = step.contract.output;
  const known = isJsonObject(properties) ? properties : {};
  const field = known[metric];
  if (field === undefined)
    return `the step gives no '${metric}' to be judged by; it gives ${quoted(Object.keys(known))}`;
  const isNumber = isJsonObject(field) && (field.type === 'number' || field.type === 'integer');
  return isNumber ? null : `'${metric}', which trials are to be judged by, is no number`;
}

function halvingFault(halving: SuccessiveHalving, space: Space, inputs: Inputs): string | null {
  const { eta, budget, minBudget, maxBudget, resume } = halving;
  if (!Number.isInteger(eta) || eta < 2) return `eta is ${eta}; give 2 or more, whole`;
  if (!(minBudget > 0 && Number.isFinite(maxBudget) && minBudget <= maxBudget)) {
    return `budgets go from ${minBudget} to ${maxBudget}; the first has to be above 0 and not above the other`;
  }
  const given = [budget, ...(resume ? [resume.into] : [])];
  const twice = given.find((name) => name in space);
  if (twice !== undefined) return `'${twice}' is in the space, and the strategy gives it, too`;
  const refused = budgetsOf(halving).find((value) => !takes(inputs, budget, value));
  if (refused !== undefined) return refusedText(`the budget is '${budget}'`, refused, inputs, budget);
  if (resume !== null && !takes(inputs, resume.into, null)) {
    return `trials begin with null as '${resume.into}', which the step does not take; make it nullable`;
  }
  return null;
}

function stopFault(strategy: Strategy, stop: EarlyStop | undefined, concurrency: number | undefined): string | null {
  if (stop === undefined) return null;
  const { patience, minImprovement = 0 } = stop;
  if (!Number.isInteger(patience) || patience < 1) return `patience is ${patience}; it counts rounds, from 1, whole`;
  if (!(Number.isFinite(minImprovement) && minImprovement >= 0))
    return `minImprovement is ${minImprovement}; give 0 or more`;
  return strategy.kind === 'random' && concurrency === undefined
    ? 'earlyStop looks between rounds, and a round of random search is as many trials as run at once: give concurrency'
    : null;
}

function quoted(names: readonly string[]): string {
  return names.map((name) => `'${name}'`).join(', ') || 'none';
}
