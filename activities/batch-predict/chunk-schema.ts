import { z } from 'zod';

/** Rows `from` (inclusive) to `to` (exclusive). */
export const chunkSchema = z.object({ from: z.int().nonnegative(), to: z.int().positive() });
/** Columns of the rows that predictions keep; null for all. */
export const keepSchema = z.array(z.string().min(1)).nullable();
export const chunkRowsSchema = z.int().min(1).default(300_000);
