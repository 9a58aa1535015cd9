import type { Model } from './artifact-types.ts';
import { CompileError } from './compile-error.ts';
import { makeRef } from './make-ref.ts';
import type { Ref } from './ref.ts';

type Reference = `${string}@${string}`;
const SELECTOR = /^([^@\s]+)@([^@\s]+)$/;

/**
 * A registered model: the version that an alias names when the run starts, or one version for good.
 *
 * @example registered('flight-delays@champion') // or registered('flight-delays@v7')
 */
export function registered(reference: Reference, options?: { readonly optional?: false }): Ref<Model>;
/** With `optional`, null where there is no such version yet, as before a model's first promotion. */
export function registered(reference: Reference, options: { readonly optional: boolean }): Ref<Model | null>;
export function registered(
  reference: Reference,
  { optional = false }: { readonly optional?: boolean } = {},
): Ref<Model> {
  const [, model, selector] = SELECTOR.exec(reference) ?? [];
  if (model === undefined || selector === undefined) {
    throw new CompileError(
      'badValue',
      `registered('${reference}') names no version: write a model's name, @ and an alias or version, as in ` +
        "registered('flight-delays@champion') or registered('flight-delays@v7').",
    );
  }
  const title = `registered model '${reference}'`;
  return makeRef({ binding: { kind: 'registered', model, selector, optional }, origins: [], title, schema: null });
}
