import type { Binding, RegisteredBinding } from './binding.ts';
import type { Condition } from './condition.ts';

/** The addresses of the nodes whose outputs a binding reads. */
export function nodesReadBy(binding: Binding): readonly string[] {
  switch (binding.kind) {
    case 'output':
      return [binding.node];
    case 'format':
      return binding.values.flatMap(nodesReadBy);
    case 'object':
      return Object.values(binding.fields).flatMap(nodesReadBy);
    case 'array':
      return binding.items.flatMap(nodesReadBy);
    case 'aggregate':
      return nodesReadBy(binding.of);
    default:
      return [];
  }
}

/** The bindings that a condition tests. */
export function bindingsOf(condition: Condition): readonly Binding[] {
  switch (condition.kind) {
    case 'compare':
      return [condition.left, condition.right];
    case 'and':
    case 'or':
      return condition.operands.flatMap(bindingsOf);
    case 'not':
      return bindingsOf(condition.operand);
    case 'includes':
      return [condition.collection, condition.value];
    default:
      return [condition.value];
  }
}

/** Every registered version that a pipeline reads, by `model@selector`. */
export function registeredIn(value: unknown): ReadonlyMap<string, RegisteredBinding> {
  const found = new Map<string, RegisteredBinding>();
  collectRegistered(value, found);
  return found;
}

/** Literals are left out: they hold users' data, which may look like a binding. */
function collectRegistered(value: unknown, found: Map<string, RegisteredBinding>): void {
  if (Array.isArray(value)) {
    for (const item of value) collectRegistered(item, found);
  } else if (typeof value === 'object' && value !== null) {
    const kind = 'kind' in value ? value.kind : null;
    if (kind === 'literal') return;
    if (kind === 'registered') {
      const binding = value as RegisteredBinding;
      const key = `${binding.model}@${binding.selector}`;
      // Asked for twice, it is optional only where both say so.
      const optional = binding.optional && (found.get(key)?.optional ?? true);
      found.set(key, { ...binding, optional });
    }
    for (const item of Object.values(value)) collectRegistered(item, found);
  }
}
