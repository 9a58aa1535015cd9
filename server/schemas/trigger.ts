import { z } from 'zod';
import { sourceSchema } from '../../ir/source-input.ts';
import { TRIGGER_KINDS, type TriggerSpec } from '../../ir/trigger.ts';
import { triggerName } from '../../ir/trigger-schema.ts';
import { CHANGES } from '../../store/metadata/change-log.ts';
import { FIRING_OUTCOMES, type Firing, type Trigger, type TriggerChange } from '../../store/metadata/trigger-table.ts';
import { jsonObject, pageOf, pageQuery } from './json.ts';
import { priority } from './run.ts';

const note = z.string().max(1_000).nullable();
const version = z.int().positive().nullable();
const pipeline = z.string().min(1);

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

/** The triggers that a version of a pipeline has in its file. */
export const applyTriggersSchema = z.strictObject({
  pipeline,
  version: z.int().positive(),
  /** Starts the newest version then, and not this one. */
  latest: z.boolean().default(false),
  /** Deletes those that the file had and has no more. */
  prune: z.boolean().default(false),
});
export type ApplyTriggers = z.output<typeof applyTriggersSchema>;

/** `left`: the file has it no more, and it goes on as it was. */
const APPLIED = ['created', 'updated', 'unchanged', 'left', 'deleted'] as const;
/** `failures`: what could not be written, with why and what to do; what is in `items` stands all the same. */
export const appliedTriggersSchema = z.object({
  items: z.array(createdTriggerSchema.extend({ change: z.enum(APPLIED) })),
  failures: z.array(z.object({ trigger: z.string(), message: z.string(), next: z.string().nullable() })),
});
export type AppliedTriggers = z.infer<typeof appliedTriggersSchema>;
export type AppliedTrigger = AppliedTriggers['items'][number];

export const triggerPageQuery = z.object(pageQuery);
export const triggerListSchema = pageOf<TriggerState>(triggerStateSchema);
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
