import type { JsonValue } from './json.ts';

/** Steps from a value to a part of it: field names, and indices of arrays. */
export type Path = readonly (string | number)[];

/**
 * Where a value comes from. Bindings are trees of data, never source text, so that the compiler can check them, the
 * interpreter evaluate them and the UI show them.
 *
 * An **address** (`node`, `fanOut`, `loop`) is static: the names of the scopes around a node and its own, joined by
 * `/`, from the root of the pipeline it stands in, with no index: `trials/train`, `gate/do/promote`.
 */
export type Binding =
  | LiteralBinding
  | ParamBinding
  | OutputBinding
  | ItemBinding
  | CarriedBinding
  | RunBinding
  | RegisteredBinding
  | FormatBinding
  | ObjectBinding
  | ArrayBinding
  | AggregateBinding;

export interface LiteralBinding {
  readonly kind: 'literal';
  readonly value: JsonValue;
}

/** A parameter of the pipeline in which the binding stands (for a pipeline called as a step: of the called one). */
export interface ParamBinding {
  readonly kind: 'param';
  readonly path: Path;
}

/** What a node in the same scope, or in one around it, gave. A fan-out gives an array, in item order. */
export interface OutputBinding {
  readonly kind: 'output';
  readonly node: string;
  readonly path: Path;
}

/** The item that a fan-out's body is run for, or its index. */
export interface ItemBinding {
  readonly kind: 'item';
  readonly fanOut: string;
  readonly field: 'item' | 'index';
  readonly path: Path;
}

/** What the last iteration of a loop gave (its `initial` in the first), or the number of the iteration, from 0. */
export interface CarriedBinding {
  readonly kind: 'carried';
  readonly loop: string;
  readonly field: 'value' | 'iteration';
  readonly path: Path;
}

export const RUN_FIELDS = ['id', 'pipeline', 'project', 'logicalTime', 'partition', 'status', 'error'] as const;
/** A fact of the run. `status` and `error` have a value only in `onExit`. */
export interface RunBinding {
  readonly kind: 'run';
  readonly field: (typeof RUN_FIELDS)[number];
}

/** A version of a registered model, resolved and pinned once, at the run's start. `selector` is an alias or `v7`. */
export interface RegisteredBinding {
  readonly kind: 'registered';
  readonly model: string;
  readonly selector: string;
  /** Give null where there is no such version, in place of failing the run. */
  readonly optional: boolean;
}

/** Text with values in it: `strings[0] values[0] strings[1] …`, so `strings` has one more. */
export interface FormatBinding {
  readonly kind: 'format';
  readonly strings: readonly string[];
  readonly values: readonly Binding[];
}

export interface ObjectBinding {
  readonly kind: 'object';
  readonly fields: Readonly<Record<string, Binding>>;
}

export interface ArrayBinding {
  readonly kind: 'array';
  readonly items: readonly Binding[];
}

export const AGGREGATES = ['count', 'min', 'max', 'all', 'any'] as const;
/**
 * One value out of an array: of each item the part at `path`. `count`, `min` and `max` leave null slots (failed items of
 * a fan-out) out; to `all` a null slot is false.
 */
export interface AggregateBinding {
  readonly kind: 'aggregate';
  readonly op: (typeof AGGREGATES)[number];
  readonly of: Binding;
  readonly path: Path;
}
