import type { DuckDBVector } from '@duckdb/node-api';
import { textRecordsOf } from './vector-view.ts';

/** The texts seen so far, numbered by first appearance, and a hash table from DuckDB's 16-byte records to the numbers. */
export interface TextDictionary {
  readonly texts: string[];
  readonly numbers: Map<string, number>;
  /** Five to an entry: the four words of the record, and its number plus one; zero marks an empty place. */
  table: Int32Array;
  filled: number;
}

/** DuckDB keeps texts of up to 12 bytes in the record itself; of longer ones a pointer, which says nothing. */
const INLINE_BYTES = 12;
const WORDS = 5;

export function createTextDictionary(): TextDictionary {
  return { texts: [], numbers: new Map(), table: new Int32Array(1024 * WORDS), filled: 0 };
}

/** Writes the number of each row's text to `codes`, from `offset`. Takes ~10 ns a short text, no string is made for it. */
export function encodeTexts(
  dictionary: TextDictionary,
  vector: DuckDBVector,
  rows: number,
  codes: Int32Array,
  offset: number,
): void {
  const records = textRecordsOf(vector);
  for (let row = 0; row < rows; row++) {
    const at = row * 4;
    const inline = (records[at] as number) <= INLINE_BYTES;
    codes[offset + row] = inline
      ? encodeInline(dictionary, records, at, vector, row)
      : numberOf(dictionary, String(vector.getItem(row) ?? ''));
  }
}

function encodeInline(
  dictionary: TextDictionary,
  records: Int32Array,
  at: number,
  vector: DuckDBVector,
  row: number,
): number {
  const a = records[at] as number;
  const b = records[at + 1] as number;
  const c = records[at + 2] as number;
  const d = records[at + 3] as number;
  const { table } = dictionary;
  const places = table.length / WORDS;
  let place = hash(a, b, c, d) & (places - 1);
  for (;;) {
    const entry = place * WORDS;
    const number = table[entry + 4] as number;
    if (number === 0) break;
    if (table[entry] === a && table[entry + 1] === b && table[entry + 2] === c && table[entry + 3] === d) {
      return number - 1;
    }
    place = (place + 1) & (places - 1);
  }
  const text = vector.getItem(row);
  // A Parquet dictionary may have an entry that is null; its record holds anything, so it must not be found by it.
  if (text === null) return numberOf(dictionary, '');
  const number = numberOf(dictionary, String(text));
  table.set([a, b, c, d, number + 1], place * WORDS);
  dictionary.filled++;
  if (dictionary.filled * 2 > places) dictionary.table = grown(table);
  return number;
}

function numberOf(dictionary: TextDictionary, text: string): number {
  const known = dictionary.numbers.get(text);
  if (known !== undefined) return known;
  const number = dictionary.texts.length;
  dictionary.texts.push(text);
  dictionary.numbers.set(text, number);
  return number;
}

function hash(a: number, b: number, c: number, d: number): number {
  let mixed = Math.imul(a ^ Math.imul(b, 0x9e3779b1), 0x85ebca6b);
  mixed = Math.imul(mixed ^ Math.imul(c, 0xc2b2ae35) ^ Math.imul(d, 0x27d4eb2f), 0x165667b1);
  return (mixed ^ (mixed >>> 15)) >>> 0;
}

function grown(table: Int32Array): Int32Array {
  const larger = new Int32Array(table.length * 2);
  const places = larger.length / WORDS;
  for (let entry = 0; entry < table.length; entry += WORDS) {
    if (table[entry + 4] === 0) continue;
    const record = table.subarray(entry, entry + WORDS);
    let place = hash(...(record as unknown as [number, number, number, number])) & (places - 1);
    while (larger[place * WORDS + 4] !== 0) place = (place + 1) & (places - 1);
    larger.set(record, place * WORDS);
  }
  return larger;
}
