import type { Binding } from './binding.ts';
import type { Condition } from './condition.ts';

/** A condition as a pipeline's file writes it, for people: `gte(report.auc, 0.7)`. */
export function conditionText(condition: Condition): string {
  switch (condition.kind) {
    case 'compare':
      return `${condition.op}(${bindingText(condition.left)}, ${bindingText(condition.right)})`;
    case 'and':
    case 'or':
      return `${condition.kind}(${condition.operands.map(conditionText).join(', ')})`;
    case 'not':
      return `not(${conditionText(condition.operand)})`;
    case 'includes':
      return `includes(${bindingText(condition.collection)}, ${bindingText(condition.value)})`;
    case 'isNull':
      return `isNull(${bindingText(condition.value)})`;
    case 'isTrue':
      return bindingText(condition.value);
  }
}

/** A value as a pipeline's file names it: `report.auc`, `min(trials.loss)`. */
export function bindingText(binding: Binding): string {
  switch (binding.kind) {
    case 'literal':
      return JSON.stringify(binding.value);
    case 'param':
      return ['params', ...binding.path].join('.');
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
      return `${binding.op}(${[bindingText(binding.of), ...binding.path].join('.')})`;
    case 'format':
      return 'format`…`';
    case 'object':
      return '{…}';
    case 'array':
      return '[…]';
  }
}
