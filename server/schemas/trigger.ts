import { z } from 'zod';
import { ARTIFACT_KINDS } from '../../ir/artifact.ts';
import { NAME } from '../../ir/name.ts';
import { RUN_ENDS, TRIGGER_KINDS, type TriggerSpec } from '../../ir/trigger.ts';
import { CHANGES } from '../../store/metadata/change-log.ts';
import { FIRING_OUTCOMES, type Firing, type Trigger, type TriggerChange } from '../../store/metadata/trigger-table.ts';
import { jsonObject, pageOf, pageQuery } from './json.ts';
import { priority } from './run.ts';

/** Ids of runs begin with it, and have room for 128 characters. */
const LONGEST_NAME = 100;
const triggerName = z.string().max(LONGEST_NAME).regex(NAME, 'has to be a letter, then letters, digits, _ and -');
const note = z.string().max(1_000).nullable();
const version = z.int().positive().nullable();
const pipeline = z.string().min(1);
const artifact = z.enum(ARTIFACT_KINDS).nullable().default(null);

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
    path: z.string().min(1).max(1_000),
    files: z.int().min(1).max(1_000).default(1),
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
  z.strictObject({ kind: z.literal('webhook') }),
]);

const field = z.string().max(200);
const settings = {
  on: sourceSchema,
  where: z.string().max(10_000).nullable(),
  bind: z.record(z.string(), field),
  partition: field.nullable(),
};

export const createTriggerSchema = z.strictObject({
  name: triggerName,
  pipeline,
  /** Null takes the newest at each start. */
  version: version.default(null),
  params: jsonObject.default({}),
  on: settings.on,
  where: settings.where.default(null),
  bind: settings.bind.default({}),
  partition: settings.partition.default(null),
  priority: priority.default(null),
  paused: z.boolean().default(false),
  note: note.default(null),
});
export type CreateTrigger = z.input<typeof createTriggerSchema>;

/** What is given changes, and nothing else; each of these is given as a whole. */
export const updateTriggerSchema = z.strictObject({
  /** That was read: a change that came in between is not written over. */
  generation: z.int().positive(),
  version: version.exactOptional(),
  params: jsonObject.exactOptional(),
  priority: priority.exactOptional(),
  on: settings.on.exactOptional(),
  where: settings.where.exactOptional(),
  bind: settings.bind.exactOptional(),
  partition: settings.partition.exactOptional(),
  note: note.exactOptional(),
});
export type UpdateTrigger = z.input<typeof updateTriggerSchema>;

export const pauseTriggerSchema = z.strictObject({ note: note.default(null) });

const trigger = {
  name: z.string(),
  generation: z.int(),
  pipeline: z.string(),
  version: z.int().nullable(),
  params: jsonObject,
  spec: z.custom<TriggerSpec>((value) => typeof value === 'object' && value !== null),
  priority: z.int().nullable(),
  paused: z.boolean(),
  note: z.string().nullable(),
  updatedAt: z.number(),
  updatedBy: z.string(),
};
const triggerSchema: z.ZodType<Trigger> = z.object(trigger);

/** A trigger, and how its last look at what it watches went: null for one that looks at nothing outside, or has not yet. */
export const triggerStateSchema = z.object({
  trigger: triggerSchema,
  look: z.object({ at: z.number(), failure: z.string().nullable() }).nullable(),
});
export type TriggerState = z.infer<typeof triggerStateSchema>;

/** `secret`: of a webhook, and never told again. */
export const createdTriggerSchema = triggerStateSchema.extend({ secret: z.string().nullable() });
export type CreatedTrigger = z.infer<typeof createdTriggerSchema>;

export const triggerListSchema = z.object({ items: z.array(triggerStateSchema) });
export type TriggerList = z.infer<typeof triggerListSchema>;

export const triggerPageQuery = z.object(pageQuery);
export const triggerChangesSchema = pageOf<TriggerChange>(z.object({ ...trigger, change: z.enum(CHANGES) }));
export const firingsSchema = pageOf<Firing>(
  z.object({
    trigger: z.string(),
    key: z.string(),
    sequence: z.int(),
    kind: z.enum(TRIGGER_KINDS),
    eventAt: z.number(),
    outcome: z.enum(FIRING_OUTCOMES),
    runId: z.string().nullable(),
    depth: z.int(),
    reason: z.string().nullable(),
    at: z.number(),
  }),
);

/** `runId`: what the run is called that it starts, unless the trigger's condition or a pause keeps it from that. */
export const deliveredSchema = z.object({ delivery: z.string(), runId: z.string(), duplicate: z.boolean() });
export type Delivered = z.infer<typeof deliveredSchema>;
