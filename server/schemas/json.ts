import { z } from 'zod';
import type { JsonObject, JsonValue } from '../../ir/json.ts';

/** Any JSON. Bodies come out of JSON.parse, so that there is nothing to check; walking large outputs again would cost. */
export const json: z.ZodType<JsonValue> = z
  .custom<JsonValue>((value) => value !== undefined)
  .meta({ title: 'any JSON' });
export const jsonObject: z.ZodType<JsonObject> = z.custom<JsonObject>(
  (value) => typeof value === 'object' && value !== null && !Array.isArray(value),
  'must be an object',
);

/** A page of a list; its cursor is null after the last. */
export function pageOf<T>(
  item: z.ZodType<T>,
): z.ZodType<{ readonly items: readonly T[]; readonly cursor: string | null }> {
  return z.object({ items: z.array(item), cursor: z.string().nullable() });
}

/** The part of a query that asks for a page. */
export const pageQuery = {
  limit: z.coerce.number().int().min(1).max(1_000).exactOptional(),
  cursor: z.string().exactOptional(),
};
