import type { TextColumn } from '../../data/column.ts';
import type { TextCounts } from '../../data/text-counts.ts';

/** A text as ONNX Runtime sees it: string tensors end at the first NUL. */
function tensorText(text: string): string {
  const end = text.indexOf('\0');
  return end < 0 ? text : text.slice(0, end);
}

/** Counts with the texts that are one to ONNX Runtime added up. */
export function asTensorTexts(counts: TextCounts): TextCounts {
  const sums = new Map<string, number>();
  for (const [text, count] of counts) sums.set(tensorText(text), (sums.get(tensorText(text)) ?? 0) + count);
  return sums;
}

/** Gives each code of a column its value from a table by text, for dictionaries that grow from batch to batch. */
export interface DictionaryLookup {
  readonly byText: ReadonlyMap<string, number>;
  readonly fallback: number;
  dictionary: readonly string[] | null;
  known: number;
  values: Float32Array;
}

export function createLookup(byText: ReadonlyMap<string, number>, fallback: number): DictionaryLookup {
  return { byText, fallback, dictionary: null, known: 0, values: new Float32Array(256) };
}

/** The value of each code of the column's dictionary. */
export function lookUp(lookup: DictionaryLookup, column: TextColumn): Float32Array {
  const { dictionary } = column;
  if (lookup.dictionary !== dictionary) {
    lookup.dictionary = dictionary;
    lookup.known = 0;
  }
  if (dictionary.length > lookup.values.length) {
    const larger = new Float32Array(dictionary.length * 2);
    larger.set(lookup.values);
    lookup.values = larger;
  }
  for (; lookup.known < dictionary.length; lookup.known++) {
    const text = tensorText(dictionary[lookup.known] as string);
    lookup.values[lookup.known] = lookup.byText.get(text) ?? lookup.fallback;
  }
  return lookup.values;
}

/** Numbers added up by text, over batches whose dictionaries may differ. */
export type TextSums = Map<string, { count: number; sum: number }>;

/** Adds a batch: rows of each text, and of them the sum of `weights` where given (NaN counts as no row). */
export function addToSums(sums: TextSums, column: TextColumn, weights: Float64Array | null): void {
  const counts = new Float64Array(column.dictionary.length);
  const totals = new Float64Array(column.dictionary.length);
  const { codes } = column;
  for (let row = 0; row < codes.length; row++) {
    const code = codes[row] as number;
    const weight = weights ? (weights[row] as number) : 0;
    if (Number.isNaN(weight)) continue;
    counts[code] = (counts[code] as number) + 1;
    totals[code] = (totals[code] as number) + weight;
  }
  for (const [code, text] of column.dictionary.entries()) {
    const count = counts[code] as number;
    if (count === 0) continue;
    const key = tensorText(text);
    const entry = sums.get(key) ?? { count: 0, sum: 0 };
    sums.set(key, { count: entry.count + count, sum: entry.sum + (totals[code] as number) });
  }
}

/** By UTF-16 code units: the same order on every machine. */
export function byText([left]: readonly [string, unknown], [right]: readonly [string, unknown]): number {
  return left < right ? -1 : 1;
}
