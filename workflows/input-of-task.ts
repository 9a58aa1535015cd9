import type { Binding } from '../ir/binding.ts';
import { evaluateBinding } from '../ir/evaluate-binding.ts';
import type { JsonObject, JsonValue } from '../ir/json.ts';
import type { TaskNode } from '../ir/nodes/task-node.ts';
import { readBySchema } from '../ir/read-by-schema.ts';
import { nodesReadBy } from '../ir/references.ts';
import type { StepContract } from '../ir/step-contract.ts';
import type { Execution } from './execution.ts';
import { bindingSource, findNode, type Scope } from './scope.ts';
import type { Settled } from './settled.ts';

/** A task's input, or why there can be none. */
export type TaskInput =
  | { readonly input: JsonObject; readonly lacking: null }
  | { readonly input: null; readonly lacking: string };

/**
 * Evaluates a task's fields. In a `finally` a field may come from a node that gave nothing: it is null where its schema
 * takes null, left out where it may be, and else there is no input.
 */
export function inputOf(node: TaskNode, contract: StepContract, scope: Scope, execution: Execution): TaskInput {
  const source = bindingSource(scope, execution);
  const input: Record<string, JsonValue> = {};
  for (const [field, binding] of Object.entries(node.inputs)) {
    const missing = missingIn(binding, scope);
    const value = missing && !isComposed(binding) ? null : evaluateBinding(binding, source);
    if (value === undefined) continue;
    if (!missing || fits(contract, field, value)) input[field] = value;
    else if (isRequired(contract, field)) return { input: null, lacking: `\`${field}\` comes from ${missing}` };
  }
  return { input, lacking: null };
}

/** Of what is composed a part is missing, and the whole may still fit; a text with a hole in it is none. */
function isComposed({ kind }: Binding): boolean {
  return kind === 'object' || kind === 'array' || kind === 'aggregate';
}

/** The first node that a binding reads and that gave nothing, and how it ended. */
export function missingIn(binding: Binding, scope: Scope): string | null {
  for (const address of nodesReadBy(binding)) {
    const { outcome, path } = findNode(address, scope);
    if (outcome.settled?.status !== 'succeeded') return `'${path}', which ${endOf(outcome.settled)}`;
  }
  return null;
}

function endOf(settled: Exclude<Settled, { status: 'succeeded' }> | null): string {
  if (settled === null) return 'has not ended';
  return settled.status === 'failed' ? 'failed' : `was ${settled.status}`;
}

/** Whether there is nothing wrong at the field; others are not asked about. */
function fits({ input }: StepContract, field: string, value: JsonValue): boolean {
  const { faults } = readBySchema(input, { [field]: value });
  return faults.every(({ at }) => at !== field && !at.startsWith(`${field}.`));
}

function isRequired({ input }: StepContract, field: string): boolean {
  return Array.isArray(input.required) && input.required.includes(field);
}
