import type { z } from 'zod';
import type { ArtifactRef } from '../ir/artifact.ts';
import type { Ref, RefCore } from './ref.ts';

type Scalar = string | number | boolean | bigint | symbol | null | undefined;

/** A value, a Ref to it, or a mixture: at every depth the one or the other. */
export type Wired<T> = z.core.util.JSONType extends T ? WiredJson : Ref<T> | Given<T>;

/** Where any JSON will do. */
export type WiredJson =
  | RefCore<unknown>
  | string
  | number
  | boolean
  | null
  | readonly WiredJson[]
  | { readonly [key: string]: WiredJson };

type Given<T> = T extends Scalar | ArtifactRef ? T : T extends object ? { readonly [K in keyof T]: Wired<T[K]> } : T;

/** The value that a mixture stands for. Nothing returned is null. */
export type Resolved<R> =
  R extends RefCore<infer T>
    ? T
    : R extends Nothing
      ? null
      : R extends Scalar | ArtifactRef
        ? R
        : { -readonly [K in keyof R]: ResolvedField<R[K]> };

// biome-ignore lint/suspicious/noConfusingVoidType: a body that returns nothing is of type void.
type Nothing = void | undefined;

/** A field that may be absent stays so. */
type ResolvedField<R> = R extends undefined ? undefined : Resolved<R>;

/**
 * What the body of a pipeline, branch, fan-out or loop may return: nothing, or any mixture of values and Refs. A promise
 * may not: the body describes the graph, and nothing in it is there to be awaited.
 */
export type Returnable = (object & { readonly then?: never }) | string | number | boolean | null | Nothing;

/** One value or a Ref to it. */
export type Operand<T> = T | Ref<T>;
