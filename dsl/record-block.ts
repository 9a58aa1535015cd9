import type { JsonSchema } from '../ir/json.ts';
import type { Block } from '../ir/nodes/block.ts';
import { checkCycles } from './cycles.ts';
import { lowerIn } from './lower.ts';
import { inScope, type RecordingScope, refusal } from './recorder.ts';
import { isRef, REF } from './ref.ts';

export interface RecordedBlock {
  readonly block: Block;
  /** The shape of what it gives, where that is known. */
  readonly schema: JsonSchema | null;
  /** What it gives, for people; undefined where it is made of several values. */
  readonly title: string | undefined;
}

/** Runs a body in its scope and gives what it recorded. */
export function recordBlock(scope: RecordingScope, body: () => unknown): RecordedBlock {
  const returned = inScope(scope, body);
  if (isPromise(returned)) {
    // It is refused here; what it rejects with later, when it has met what it cannot wait for, says nothing more.
    Promise.resolve(returned).catch(() => {});
    throw refusal(
      'asyncBody',
      scope,
      `${scope.title} returned a promise`,
      'A body describes tasks and cannot wait for them: remove async and await, and do the waiting in a step.',
    );
  }
  checkCycles(scope);
  const output = returned === undefined ? null : lowerIn(scope, returned, `what ${scope.title} returns`);
  const block = Object.freeze({ nodes: Object.freeze([...scope.nodes]), output });
  return { block, schema: shapeOf(returned), title: isRef(returned) ? returned[REF].title : undefined };
}

/** The shape of a value that a body returns: what its Refs know, and the fields of an object made of them. */
function shapeOf(value: unknown): JsonSchema | null {
  if (isRef(value)) return value[REF].schema;
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return null;
  const fields = Object.entries(value).map(([name, field]) => [name, shapeOf(field) ?? {}] as const);
  return { type: 'object', properties: Object.fromEntries(fields) };
}

function isPromise(value: unknown): boolean {
  return typeof value === 'object' && value !== null && !isRef(value) && 'then' in value;
}
