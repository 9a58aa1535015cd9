import { z } from 'zod';
import { CALENDAR_PARTS, type CalendarPart, type FeatureSpec } from '../../inference/index.ts';

const column = z.string().min(1);
const name = z.string().min(1).exactOptional();
const parts = Object.keys(CALENDAR_PARTS) as [CalendarPart, ...CalendarPart[]];

/** A feature as pipelines ask for it. */
export const featureSchema: z.ZodType<FeatureSpec, FeatureSpec> = z.discriminatedUnion('op', [
  z.strictObject({ op: z.literal('category'), column, name, minCount: z.int().min(1).exactOptional() }),
  z.strictObject({ op: z.literal('calendar'), column, name, part: z.enum(parts) }),
  z.strictObject({ op: z.literal('scale'), column, name }),
  z.strictObject({
    op: z.literal('targetMean'),
    column,
    name,
    target: column,
    smoothing: z.number().nonnegative().exactOptional(),
  }),
  z.strictObject({ op: z.literal('cross'), name, of: z.array(z.string().min(1)).min(2) }),
]);
