import type { Condition as ConditionIr } from '../ir/condition.ts';
import { currentScope } from './recorder.ts';
import type { Origin } from './ref.ts';

const CONDITION: unique symbol = Symbol.for('millrace.condition');

/** A test that is made when the run gets there. Made by `eq`, `gte`, `and`, … */
export interface Condition {
  readonly [CONDITION]: {
    readonly tree: ConditionIr;
    readonly origins: readonly Origin[];
    /** Where it stands until something tests it; null when it was made outside a pipeline. */
    readonly untested: Set<ConditionIr> | null;
  };
}

export function makeCondition(tree: ConditionIr, origins: readonly Origin[]): Condition {
  const untested = currentScope()?.untested ?? null;
  untested?.add(tree);
  return Object.freeze({ [CONDITION]: Object.freeze({ tree, origins, untested }) });
}

export function isCondition(value: unknown): value is Condition {
  return typeof value === 'object' && value !== null && CONDITION in value;
}

/** What a condition says, for what tests it: from then on it was not dropped. */
export function takeCondition(condition: Condition): Condition[typeof CONDITION] {
  const state = condition[CONDITION];
  state.untested?.delete(state.tree);
  return state;
}
