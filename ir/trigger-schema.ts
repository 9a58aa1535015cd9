import { z } from 'zod';
import { ARTIFACT_KINDS } from './artifact.ts';
import type { Condition } from './condition.ts';
import { NAME } from './name.ts';
import { type DeclaredTrigger, RUN_ENDS, type TriggerSource } from './trigger.ts';

/** Ids of runs begin with it, and have room for 128 characters. */
const LONGEST_NAME = 100;
export const triggerName = z
  .string()
  .max(LONGEST_NAME)
  .regex(NAME, 'has to be a letter, then letters, digits, _ and -');

const pipeline = z.string();
const artifact = z.enum(ARTIFACT_KINDS).nullable();
const task = z.string().nullable();
const jsonObject = z.record(z.string(), z.json());
const path = z.array(z.union([z.string(), z.int().nonnegative()])).min(1);
const rows = z.int().positive();

const placeSchema = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('files'), path: z.string(), files: z.int().positive(), rows: rows.nullable() }),
  z.strictObject({ kind: z.literal('query'), database: z.string(), query: z.string(), rows }),
]);

const triggerSourceSchema: z.ZodType<TriggerSource> = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('runEnded'), pipeline, statuses: z.array(z.enum(RUN_ENDS)).min(1) }),
  z.strictObject({ kind: z.literal('artifactPublished'), pipeline, task, artifact }),
  z.strictObject({ kind: z.literal('versionAdded'), model: z.string() }),
  z.strictObject({ kind: z.literal('aliasMoved'), model: z.string(), alias: z.string() }),
  z.strictObject({
    kind: z.literal('partitionArrived'),
    place: placeSchema,
    from: z.string().nullable(),
    lateAfterMs: z.number().nonnegative().nullable(),
  }),
  z.strictObject({
    ...{ kind: z.literal('metricCrossed'), pipeline, metric: z.string(), task },
    ...{ side: z.enum(['above', 'below']), limit: z.number() },
  }),
  z.strictObject({ kind: z.literal('stale'), pipeline, artifact, afterMs: z.number().nonnegative() }),
  z.strictObject({ kind: z.literal('webhook'), body: jsonObject.nullable() }),
]);

/** @param condition of the IR: what a trigger's condition names as parameters are fields of its event */
export function declaredTriggerSchema(condition: z.ZodType<Condition>): z.ZodType<DeclaredTrigger> {
  return z.strictObject({
    name: triggerName,
    on: triggerSourceSchema,
    where: condition.nullable(),
    bind: z.record(z.string(), path),
    partition: path.nullable(),
    params: jsonObject,
    paused: z.boolean(),
    note: z.string().nullable(),
  });
}
