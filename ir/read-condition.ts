import type { Binding } from './binding.ts';
import { COMPARISONS, type Comparison, type Condition } from './condition.ts';
import type { JsonValue } from './json.ts';

/** Deeper ones are nobody's, and each level is a call. */
const DEEPEST = 50;

/**
 * A condition out of text, in the words that pipelines use: calls of `and`, `or`, `not`, `eq`, `ne`, `lt`, `lte`, `gt`,
 * `gte`, `includes`, `isNull`; fields as `event.NAME`; JSON's texts (also in single quotes), numbers, `true`, `false`, `null`.
 * Nothing of it is run: it is read to the tree that `when` is compiled to.
 *
 * @param subject what fields are of; they are read to parameters
 * @throws RangeError a sentence without its subject, that says where
 * @example readCondition("and(eq(event.status, 'failed'), not(isNull(event.partition)))", 'event')
 */
export function readCondition(text: string, subject: string): Condition {
  const reader: Reader = { text, at: 0, subject };
  const condition = readTest(reader, 0);
  if (peek(reader) !== '') throw fault(reader, 'the end');
  return condition;
}

interface Reader {
  readonly text: string;
  at: number;
  readonly subject: string;
}

const TOKEN =
  /\s*([A-Za-z_][\w-]*(?:\.(?:[A-Za-z_][\w-]*|\d+))*|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?|"(?:[^"\\]|\\.)*"|'[^']*'|[(),])/y;

function readTest(reader: Reader, depth: number): Condition {
  if (depth > DEEPEST) throw new RangeError(`has more than ${DEEPEST} conditions in one another`);
  const word = peek(reader);
  if (isComparison(word)) {
    const [left, right] = readCall(reader, 2, readOperand);
    if (left !== undefined && right !== undefined) return { kind: 'compare', op: word, left, right };
  }
  if (word === 'and' || word === 'or') {
    return { kind: word, operands: readCall(reader, null, (inner) => readTest(inner, depth + 1)) };
  }
  if (word === 'not') {
    const [operand] = readCall(reader, 1, (inner) => readTest(inner, depth + 1));
    if (operand !== undefined) return { kind: 'not', operand };
  }
  if (word === 'includes') {
    const [collection, value] = readCall(reader, 2, readOperand);
    if (collection !== undefined && value !== undefined) return { kind: 'includes', collection, value };
  }
  if (word === 'isNull') {
    const [value] = readCall(reader, 1, readOperand);
    if (value !== undefined) return { kind: 'isNull', value };
  }
  if (isField(reader, word)) return { kind: 'isTrue', value: readOperand(reader) };
  throw fault(reader, `a condition, as in eq(${reader.subject}.status, 'failed')`);
}

/** @param count how many there have to be; null for one or more */
function readCall<T>(reader: Reader, count: number | null, read: (reader: Reader) => T): readonly T[] {
  next(reader);
  expect(reader, '(');
  const values = [read(reader)];
  while (peek(reader) === ',' && values.length !== count) {
    next(reader);
    values.push(read(reader));
  }
  if (count !== null && values.length < count) throw fault(reader, 'a comma and another value');
  expect(reader, ')');
  return values;
}

function readOperand(reader: Reader): Binding {
  const word = peek(reader);
  if (isField(reader, word)) {
    next(reader);
    const [, ...path] = word.split('.');
    return { kind: 'param', path: path.map((part) => (/^\d+$/.test(part) ? Number(part) : part)) };
  }
  const value = literalOf(word);
  if (value === undefined) throw fault(reader, `a value: ${reader.subject}.FIELD, a number, or a text in quotes`);
  next(reader);
  return { kind: 'literal', value };
}

function literalOf(word: string): JsonValue | undefined {
  if (word.startsWith("'")) return word.slice(1, -1);
  if (!/^(["\d-]|(true|false|null)$)/.test(word)) return undefined;
  try {
    return JSON.parse(word) as JsonValue;
  } catch {
    return undefined;
  }
}

function isField({ subject }: Reader, word: string): boolean {
  return word.startsWith(`${subject}.`);
}

const isComparison = (word: string): word is Comparison => (COMPARISONS as readonly string[]).includes(word);

/** The next token, which stays; '' at the end, and for what is none. */
function peek({ text, at }: Reader): string {
  TOKEN.lastIndex = at;
  return TOKEN.exec(text)?.[1] ?? text.slice(at).trim();
}

function next(reader: Reader): void {
  TOKEN.lastIndex = reader.at;
  if (TOKEN.exec(reader.text) !== null) reader.at = TOKEN.lastIndex;
}

function expect(reader: Reader, token: string): void {
  if (peek(reader) !== token) throw fault(reader, `'${token}'`);
  next(reader);
}

const SHOWN = 30;

function fault(reader: Reader, wanted: string): RangeError {
  const found = reader.text.slice(reader.at).trim().slice(0, SHOWN);
  return new RangeError(`has ${found === '' ? 'its end' : `'${found}'`} where ${wanted} is due`);
}
