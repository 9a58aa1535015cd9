import { z } from 'zod';
import { ARTIFACT_KINDS } from './artifact.ts';
import type { JsonSchema } from './json.ts';
import { RUN_ENDS } from './trigger.ts';

const jsonSchema: z.ZodType<JsonSchema, JsonSchema> = z.record(z.string(), z.json());
const pipeline = z.string().min(1);
const artifact = z.enum(ARTIFACT_KINDS).nullable().default(null);
const rows = z.int().min(1).exactOptional();

/** What a trigger waits for, with lengths of time as people write them. */
export const sourceSchema = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('runEnded'),
    pipeline,
    statuses: z.array(z.enum(RUN_ENDS)).min(1).default(['succeeded']),
  }),
  z.strictObject({
    kind: z.literal('artifactPublished'),
    pipeline,
    task: z.string().nullable().default(null),
    artifact,
  }),
  z.strictObject({ kind: z.literal('versionAdded'), model: z.string().min(1) }),
  z.strictObject({ kind: z.literal('aliasMoved'), model: z.string().min(1), alias: z.string().min(1) }),
  z.strictObject({
    kind: z.literal('partitionArrived'),
    path: z.string().min(1).max(1_000).exactOptional(),
    files: z.int().min(1).max(1_000).exactOptional(),
    query: z.string().min(1).max(10_000).exactOptional(),
    /** Name of the secret that is the URL of the database that is asked. */
    database: z.string().min(1).exactOptional(),
    rows,
    from: z.string().exactOptional(),
    lateAfter: z.string().exactOptional(),
  }),
  z.strictObject({
    kind: z.literal('metricCrossed'),
    pipeline,
    metric: z.string().min(1),
    task: z.string().nullable().default(null),
    side: z.enum(['above', 'below']),
    limit: z.number(),
  }),
  z.strictObject({ kind: z.literal('stale'), pipeline, artifact, olderThan: z.string() }),
  z.strictObject({ kind: z.literal('webhook'), body: jsonSchema.nullable().default(null) }),
]);
export type SourceInput = z.output<typeof sourceSchema>;
