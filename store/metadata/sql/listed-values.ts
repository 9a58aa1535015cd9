import { type RawBuilder, sql } from 'kysely';
import { type LeftOut, LISTED_VALUE_BYTES } from '../left-out.ts';

/** The size of a JSON column; unlike `length`, it is known without reading the text. */
export function bytesOf(column: string): RawBuilder<number> {
  return sql<number>`octet_length(${sql.ref(column)})`;
}

/** The size of a JSON column as far as it counts for what is listed: what is too large by itself takes no room. */
export function listedBytes(bytes: string, most: number): RawBuilder<number> {
  return sql<number>`case when ${sql.ref(bytes)} <= ${most} then ${sql.ref(bytes)} else 0 end`;
}

/** A JSON column where it is small enough to be listed, and null where it is not: then the text is not read at all. */
export function listedValue(column: string): RawBuilder<string | null> {
  return sql<string | null>`case when ${bytesOf(column)} <= ${LISTED_VALUE_BYTES} then ${sql.ref(column)} end`;
}

/** @returns null where nothing was left out. */
export function leftOutOf<Field extends string>(
  values: Readonly<Record<Field, readonly [text: string | null, bytes: number]>>,
): LeftOut<Field> | null {
  const sizes = Object.entries<readonly [string | null, number]>(values).map(
    ([field, [text, bytes]]) => [field, text === null ? bytes : null] as const,
  );
  return sizes.every(([, bytes]) => bytes === null) ? null : (Object.fromEntries(sizes) as LeftOut<Field>);
}
