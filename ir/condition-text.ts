import type { Binding } from './binding.ts';
import type { Condition } from './condition.ts';

/**
 * A condition as a pipeline's file writes it, for people: `gte(report.auc, 0.7)`.
 *
 * @param params what parameters are called: the fields of a trigger's event are `event.…`
 */
export function conditionText(condition: Condition, params = 'params'): string {
  const text = (binding: Binding) => bindingText(binding, params);
  switch (condition.kind) {
    case 'compare':
      return `${condition.op}(${text(condition.left)}, ${text(condition.right)})`;
    case 'and':
    case 'or':
      return `${condition.kind}(${condition.operands.map((operand) => conditionText(operand, params)).join(', ')})`;
    case 'not':
      return `not(${conditionText(condition.operand, params)})`;
    case 'includes':
      return `includes(${text(condition.collection)}, ${text(condition.value)})`;
    case 'isNull':
      return `isNull(${text(condition.value)})`;
    case 'isTrue':
      return text(condition.value);
  }
}

/** A value as a pipeline's file names it: `report.auc`, `min(trials.loss)`. */
export function bindingText(binding: Binding, params = 'params'): string {
  switch (binding.kind) {
    case 'literal':
      return JSON.stringify(binding.value);
    case 'param':
      return [params, ...binding.path].join('.');
    case 'output':
      return [binding.node.slice(binding.node.lastIndexOf('/') + 1), ...binding.path].join('.');
    case 'item':
    case 'carried':
      return [binding.field, ...binding.path].join('.');
    case 'run':
      return `run.${binding.field}`;
    case 'registered':
      return `registered('${binding.model}@${binding.selector}')`;
    case 'aggregate':
      return `${binding.op}(${[bindingText(binding.of, params), ...binding.path].join('.')})`;
    case 'format':
      return 'format`…`';
    case 'object':
      return '{…}';
    case 'array':
      return '[…]';
  }
}
