import { z } from 'zod';
import { CONTENT_FAMILIES } from '../../store/artifacts/stored-content.ts';
import { type Collection, GRACE_MS } from '../retention/collect.ts';

/** Lengths of time as people write them; of `runs` also a count. */
export const collectSchema = z.strictObject({
  runs: z.string().exactOptional(),
  logs: z.string().exactOptional(),
  artifacts: z.string().exactOptional(),
  events: z.string().exactOptional(),
  pipeline: z.string().nullable().default(null),
  graceMs: z.int().min(0).default(GRACE_MS),
  dryRun: z.boolean().default(false),
});
export type Collect = z.input<typeof collectSchema>;

const amount = z.object({ count: z.int(), bytes: z.number() });

export const collectionSchema: z.ZodType<Collection> = z.object({
  dryRun: z.boolean(),
  runs: z.array(z.string()).readonly(),
  logs: z.object({ chunks: z.int(), bytes: z.number() }),
  results: z.int(),
  events: z.int(),
  content: z.array(z.object({ family: z.enum(CONTENT_FAMILIES), gone: amount, condemned: amount })).readonly(),
  payloadsLeft: z.string().nullable(),
});

export const deleteRunSchema = z.strictObject({ force: z.boolean().default(false) });
