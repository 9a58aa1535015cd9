import type { LoadedModule } from './load-modules.ts';

/** How a bundle names a step: a top-level name of a module, and the way from its value to the step. */
export interface StepOrigin {
  readonly file: string;
  readonly name: string;
  readonly path: readonly (string | number)[];
}

const MAX_DEPTH = 4;

/** Where each step object was made: the module that first held it at its top level, by identity of the object. */
export function originsOf(modules: ReadonlyMap<string, LoadedModule>, isStep: (value: unknown) => boolean) {
  const origins = new Map<unknown, StepOrigin>();
  for (const [file, { values }] of modules) {
    // A name of its own is a better origin than a place in a list: only the name leaves the other steps out.
    for (const [name, value] of Object.entries(values)) {
      if (isStep(value) && !origins.has(value)) origins.set(value, { file, name, path: [] });
    }
    for (const [name, value] of Object.entries(values)) collect(value, { file, name, path: [] });
  }
  return origins as ReadonlyMap<unknown, StepOrigin>;

  function collect(value: unknown, origin: StepOrigin): void {
    if (isStep(value)) {
      if (!origins.has(value)) origins.set(value, origin);
    } else if (origin.path.length < MAX_DEPTH) {
      for (const [key, item] of partsOf(value)) collect(item, { ...origin, path: [...origin.path, key] });
    }
  }
}

/** Whether a value only describes: a step, a pipeline, a schema, or a list or object of such. */
export function describes(value: unknown, isDescription: (value: unknown) => boolean, depth = 0): boolean {
  if (isDescription(value)) return true;
  if (typeof value === 'object' && value !== null && '_zod' in value) return true;
  const parts = depth < MAX_DEPTH ? partsOf(value) : [];
  return parts.length > 0 && parts.every(([, item]) => describes(item, isDescription, depth + 1));
}

function partsOf(value: unknown): readonly (readonly [string | number, unknown])[] {
  if (Array.isArray(value)) return [...value.entries()];
  if (typeof value !== 'object' || value === null) return [];
  const prototype = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null ? Object.entries(value) : [];
}
