import { isArtifactRef } from './artifact.ts';
import type { Binding } from './binding.ts';
import type { CompareCondition, Condition } from './condition.ts';
import { bindingText, conditionText } from './condition-text.ts';
import { type BindingSource, evaluateBinding } from './evaluate-binding.ts';
import { graphFailure } from './graph-failure.ts';
import { canonicalJson, type JsonObject, type JsonValue } from './json.ts';

/** Whether a condition holds, and how that came about: the same tree with values, cut, in place of bindings. */
export interface Evaluation {
  readonly holds: boolean;
  readonly trace: JsonObject;
}

export function evaluateCondition(condition: Condition, source: BindingSource): Evaluation {
  const value = (binding: Parameters<typeof evaluateBinding>[0]) => evaluateBinding(binding, source) ?? null;
  switch (condition.kind) {
    case 'compare': {
      const left = value(condition.left);
      const right = value(condition.right);
      const holds = compare(condition, left, right);
      return { holds, trace: { kind: 'compare', op: condition.op, left: traced(left), right: traced(right), holds } };
    }
    case 'and':
    case 'or': {
      const operands = condition.operands.map((operand) => evaluateCondition(operand, source));
      const isTrue = (operand: Evaluation) => operand.holds;
      const holds = condition.kind === 'and' ? operands.every(isTrue) : operands.some(isTrue);
      return { holds, trace: { kind: condition.kind, operands: operands.map(({ trace }) => trace), holds } };
    }
    case 'not': {
      const operand = evaluateCondition(condition.operand, source);
      return { holds: !operand.holds, trace: { kind: 'not', operand: operand.trace, holds: !operand.holds } };
    }
    case 'includes': {
      const collection = value(condition.collection);
      const wanted = value(condition.value);
      const holds = includes(collection, wanted);
      return { holds, trace: { kind: 'includes', collection: traced(collection), value: traced(wanted), holds } };
    }
    case 'isNull': {
      const tested = value(condition.value);
      return { holds: tested === null, trace: { kind: 'isNull', value: traced(tested), holds: tested === null } };
    }
    case 'isTrue': {
      const tested = value(condition.value);
      return { holds: tested === true, trace: { kind: 'isTrue', value: traced(tested), holds: tested === true } };
    }
  }
}

/** Characters of a value in a trace: every condition copies what it tests, and people read how it came out. */
const MOST_TRACED = 1 << 10;

/** A value as a trace has it: a large one is cut, as text; an artifact, which is told by its digest, has no metadata. */
function traced(value: JsonValue): JsonValue {
  const shown = isArtifactRef(value) ? { ...value, metadata: {} } : value;
  const text = typeof shown === 'string' ? shown : JSON.stringify(shown);
  return text.length <= MOST_TRACED ? shown : `${text.slice(0, MOST_TRACED)}…`;
}

/** An order is defined among numbers and among texts; anything else is refused, or a gate would be passed unseen. */
function compare(condition: CompareCondition, left: JsonValue, right: JsonValue): boolean {
  const { op } = condition;
  if (op === 'eq' || op === 'ne') return (canonicalJson(left) === canonicalJson(right)) === (op === 'eq');
  const ordered =
    (typeof left === 'number' && typeof right === 'number') || (typeof left === 'string' && typeof right === 'string');
  if (!ordered) throw graphFailure(unorderedText(condition, left, right));
  if (op === 'lt') return left < right;
  if (op === 'lte') return left <= right;
  return op === 'gt' ? left > right : left >= right;
}

/** A metric that came out null is the common case, and only its name leads to the step to mend. */
function unorderedText(condition: CompareCondition, left: JsonValue, right: JsonValue): string {
  const wanted = `${conditionText(condition)} needs two numbers or two texts.`;
  const unset = left === null ? condition.left : right === null ? condition.right : null;
  if (unset === null) {
    const [one, other] = [left, right].map((side) => JSON.stringify(traced(side)));
    return `${one} and ${other} have no order, and ${wanted}`;
  }
  const name = bindingText(unset);
  return `${name} is null, and ${wanted} Test isNull(${name}) in a branch before this condition, or ${cureOf(unset)}.`;
}

function cureOf(binding: Binding): string {
  if (binding.kind === 'output') return `mend '${binding.node}' so that it gives a value there`;
  if (binding.kind === 'aggregate') return `see that its list has a value: ${binding.op} of none is null`;
  return 'see that it has a value';
}

function includes(collection: JsonValue, value: JsonValue): boolean {
  if (typeof collection === 'string') return typeof value === 'string' && collection.includes(value);
  if (!Array.isArray(collection)) return false;
  const wanted = canonicalJson(value);
  return (collection as readonly JsonValue[]).some((item) => canonicalJson(item) === wanted);
}
