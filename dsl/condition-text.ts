import type { Binding } from '../ir/binding.ts';
import type { Condition } from '../ir/condition.ts';

/** A condition as a pipeline's file writes it, for people: `gte(report.auc, 0.7)`. */
export function conditionText(condition: Condition): string {
  switch (condition.kind) {
    case 'compare':
      return `${condition.op}(${valueText(condition.left)}, ${valueText(condition.right)})`;
    case 'and':
    case 'or':
      return `${condition.kind}(${condition.operands.map(conditionText).join(', ')})`;
    case 'not':
      return `not(${conditionText(condition.operand)})`;
    case 'includes':
      return `includes(${valueText(condition.collection)}, ${valueText(condition.value)})`;
    case 'isNull':
      return `isNull(${valueText(condition.value)})`;
    case 'isTrue':
      return valueText(condition.value);
  }
}

function valueText(binding: Binding): string {
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
      return `${binding.op}(${valueText(binding.of)})`;
    case 'format':
      return 'format`…`';
    case 'object':
      return '{…}';
    case 'array':
      return '[…]';
  }
}
