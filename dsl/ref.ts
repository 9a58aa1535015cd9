import type { ArtifactRef } from '../ir/artifact.ts';
import type { Binding } from '../ir/binding.ts';
import type { JsonSchema } from '../ir/json.ts';
import type { Scope } from './recorder.ts';

export const REF: unique symbol = Symbol.for('millrace.ref');
declare const VALUE: unique symbol;

/** A scope that a value belongs to: it may be used there and in the scopes inside. */
export interface Origin {
  readonly scope: Scope;
  /** For people: `the output of task 'train'`. */
  readonly title: string;
}

/** What a Ref knows of the value that it stands for. */
export interface RefState<out T = unknown> {
  readonly binding: Binding;
  /** Empty for what is the same everywhere, as a registered model. */
  readonly origins: readonly Origin[];
  readonly title: string;
  /** The value's shape where it is known: then a field that is not there is refused at once. */
  readonly schema: JsonSchema | null;
  /** Of a list, what each of its items is, for people: `the output of task 'train'`. */
  readonly itemTitle?: string | undefined;
  readonly [VALUE]?: T;
}

export interface RefCore<out T> {
  readonly [REF]: RefState<T>;
}

/**
 * Stands, while a pipeline is described, for a value that exists only when it runs: `ref.field` is a Ref to a field.
 * It is an error to compare it, calculate with it or print it; steps, predicates and `format` do that when it is there.
 */
export type Ref<T> = RefCore<T> & RefFields<T>;

/** What has no fields to name in a pipeline: lists are for `fanOut` and aggregates, artifacts for steps. */
type Leaf = string | number | boolean | ArtifactRef | readonly unknown[];

type RefFields<T> =
  NonNullable<T> extends Leaf
    ? unknown
    : { readonly [K in keyof NonNullable<T>]-?: Ref<NonNullable<T>[K] | WhenAbsent<T>> };

/** A field of nothing is nothing. */
type WhenAbsent<T> = null extends T ? undefined : undefined extends T ? undefined : never;

export function isRef(value: unknown): value is RefCore<unknown> {
  return typeof value === 'object' && value !== null && REF in value;
}
