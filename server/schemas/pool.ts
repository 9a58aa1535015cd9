import { z } from 'zod';
import { PIPELINE_PREFIX, QUEUE_PREFIX } from '../../ir/protocol/slots.ts';
import type { PoolPlace, PoolState } from '../../store/metadata/pool-table.ts';
import { pageOf, pageQuery } from './json.ts';

const placeSchema: z.ZodType<PoolPlace> = z.object({
  runId: z.string(),
  /** '' for the run itself. */
  path: z.string(),
  slots: z.int(),
  priority: z.int(),
  askedAt: z.number(),
});

export const poolStateSchema: z.ZodType<PoolState> = z.object({
  name: z.string(),
  set: z.object({ name: z.string(), slots: z.int(), updatedAt: z.number(), updatedBy: z.string() }).nullable(),
  slots: z.int(),
  holds: z.array(placeSchema).readonly(),
  waits: z.array(placeSchema).readonly(),
});
export const poolListQuery = z.object(pageQuery);
export const poolListSchema = pageOf<PoolState>(poolStateSchema);

/** A pool's own name, or that of a queue or a pipeline whose tasks or runs are to be limited. */
const NAME = new RegExp(`^([A-Za-z][A-Za-z0-9_-]*|${QUEUE_PREFIX}.+|${PIPELINE_PREFIX}[A-Za-z][A-Za-z0-9_-]*)$`);
export const poolName = z
  .string()
  .regex(NAME, "has to be a letter, then letters, digits, _ or -; or 'queue:NAME', or 'pipeline:NAME'");

export const setPoolSchema = z.strictObject({ name: poolName, slots: z.int().min(0).max(1_000_000) });
export type SetPool = z.input<typeof setPoolSchema>;
