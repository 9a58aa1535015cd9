import { lower } from './lower.ts';
import { makeRef } from './make-ref.ts';
import type { Ref, RefCore } from './ref.ts';

type Printable = string | number | boolean | null | RefCore<unknown>;

/**
 * Text with values in it that exist only when the run gets there. Text is put in as it is, other values as JSON.
 *
 * @example format`AUC ${report.auc} is below the gate`
 */
export function format(strings: TemplateStringsArray, ...values: readonly Printable[]): Ref<string> {
  const parts = values.map((value, index) => lower(value, `value ${index + 1} of format`));
  return makeRef({
    binding: { kind: 'format', strings: [...strings], values: parts.map(({ binding }) => binding) },
    origins: parts.flatMap(({ origins }) => origins),
    title: 'a text made by format',
    schema: { type: 'string' },
  });
}
