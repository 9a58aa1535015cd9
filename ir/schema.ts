import { z } from 'zod';
import { AGGREGATES, type Binding, RUN_FIELDS } from './binding.ts';
import { COMPARISONS, type Condition } from './condition.ts';
import type { JsonObject, JsonValue } from './json.ts';
import { NAME } from './name.ts';
import type { Block } from './nodes/block.ts';
import type { PipelineNode } from './nodes/pipeline-node.ts';
import { type Partitions, PERIODS } from './partitions.ts';
import { IR_VERSION, type PipelineGraph, type PipelineIR } from './pipeline-ir.ts';
import { type DeclaredSchedule, OVERLAP_POLICIES, type ScheduleSpec } from './schedule.ts';
import { CACHE_POLICIES, EFFECTS, ISOLATIONS, MOST_REPLICAS, RUN_READS, type StepContract } from './step-contract.ts';
import { declaredTriggerSchema } from './trigger-schema.ts';

/*
 * The IR in zod: what a reader checks a file with, and what the published JSON Schema is made from. Each schema is
 * annotated with the type it stands for, so that the two cannot part.
 */

const json: z.ZodType<JsonValue> = z.json();
const jsonObject: z.ZodType<JsonObject> = z.record(z.string(), json);
const name = z.string().regex(NAME, 'a letter, then letters, digits, _ or -');
const oneName = NAME.source.slice(1, -1);
const address = z.string().regex(new RegExp(`^${oneName}(/${oneName})*$`), 'names joined by /');
const path = z.array(z.union([z.string(), z.int().nonnegative()]));

export const bindingSchema: z.ZodType<Binding> = z
  .lazy(() =>
    z.discriminatedUnion('kind', [
      z.strictObject({ kind: z.literal('literal'), value: json }),
      z.strictObject({ kind: z.literal('param'), path }),
      z.strictObject({ kind: z.literal('output'), node: address, path }),
      z.strictObject({ kind: z.literal('item'), fanOut: address, field: z.enum(['item', 'index']), path }),
      z.strictObject({ kind: z.literal('carried'), loop: address, field: z.enum(['value', 'iteration']), path }),
      z.strictObject({ kind: z.literal('run'), field: z.enum(RUN_FIELDS) }),
      z.strictObject({
        kind: z.literal('registered'),
        model: z.string().min(1),
        selector: z.string().min(1),
        optional: z.boolean(),
      }),
      z.strictObject({ kind: z.literal('format'), strings: z.array(z.string()), values: z.array(bindingSchema) }),
      z.strictObject({ kind: z.literal('object'), fields: z.record(z.string(), bindingSchema) }),
      z.strictObject({ kind: z.literal('array'), items: z.array(bindingSchema) }),
      z.strictObject({ kind: z.literal('aggregate'), op: z.enum(AGGREGATES), of: bindingSchema, path }),
    ]),
  )
  .meta({ id: 'Binding' });

export const conditionSchema: z.ZodType<Condition> = z
  .lazy(() =>
    z.discriminatedUnion('kind', [
      z.strictObject({
        kind: z.literal('compare'),
        op: z.enum(COMPARISONS),
        left: bindingSchema,
        right: bindingSchema,
      }),
      z.strictObject({ kind: z.literal('and'), operands: z.array(conditionSchema).min(1) }),
      z.strictObject({ kind: z.literal('or'), operands: z.array(conditionSchema).min(1) }),
      z.strictObject({ kind: z.literal('not'), operand: conditionSchema }),
      z.strictObject({ kind: z.literal('includes'), collection: bindingSchema, value: bindingSchema }),
      z.strictObject({ kind: z.literal('isNull'), value: bindingSchema }),
      z.strictObject({ kind: z.literal('isTrue'), value: bindingSchema }),
    ]),
  )
  .meta({ id: 'Condition' });

const secretRef = z.strictObject({ secret: z.string().min(1), version: z.string().nullable() });
const resources = z.strictObject({
  queue: z.string().min(1),
  memory: z.number().positive().nullable(),
  cpu: z.number().positive().nullable(),
  gpu: z.number().nonnegative().nullable(),
  replicas: z.int().min(1).max(MOST_REPLICAS).exactOptional(),
});
const retry = z.strictObject({
  attempts: z.int().min(1),
  backoffMs: z.number().nonnegative(),
  factor: z.number().min(1),
  maxBackoffMs: z.number().nonnegative(),
  nonRetryable: z.array(z.string()),
});
const cache = z.strictObject({
  policy: z.enum(CACHE_POLICIES),
  ttlMs: z.number().positive().nullable(),
  key: z.array(z.string()).min(1).exactOptional(),
});
const settings = z.strictObject({
  resources,
  retry,
  timeoutMs: z.number().positive(),
  cache,
  env: z.record(z.string(), z.string()),
  secrets: z.record(z.string(), secretRef),
  isolation: z.enum(ISOLATIONS),
  pools: z.record(z.string().regex(NAME), z.int().positive()).exactOptional(),
});
const overrides = z.strictObject({
  resources: resources.partial().exactOptional(),
  retry: retry.partial().exactOptional(),
  timeoutMs: settings.shape.timeoutMs.exactOptional(),
  cache: cache.partial().exactOptional(),
  env: settings.shape.env.exactOptional(),
  secrets: settings.shape.secrets.exactOptional(),
  isolation: settings.shape.isolation.exactOptional(),
  pools: settings.shape.pools,
});

const base = { name, after: z.array(address) };
const bindings = z.record(z.string(), bindingSchema);

export const blockSchema: z.ZodType<Block> = z
  .lazy(() => z.strictObject({ nodes: z.array(nodeSchema), output: bindingSchema.nullable() }))
  .meta({ id: 'Block' });

const approvalTimeout = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('reject') }),
  z.strictObject({ kind: z.literal('fail') }),
  z.strictObject({ kind: z.literal('approve'), form: json }),
]);

export const nodeSchema = z
  .lazy(() =>
    z.discriminatedUnion('kind', [
      z.strictObject({
        kind: z.literal('task'),
        ...base,
        step: z.string(),
        inputs: bindings,
        overrides,
        identity: bindingSchema.exactOptional(),
      }),
      z.strictObject({
        kind: z.literal('when'),
        ...base,
        branches: z.array(z.strictObject({ condition: conditionSchema, body: blockSchema })).min(1),
        otherwise: blockSchema.nullable(),
      }),
      z.strictObject({
        kind: z.literal('fanOut'),
        ...base,
        items: bindingSchema,
        concurrency: z.int().min(1).nullable(),
        minSuccess: z.number().min(0).max(1),
        body: blockSchema,
      }),
      z.strictObject({
        kind: z.literal('loop'),
        ...base,
        initial: bindingSchema,
        until: conditionSchema,
        max: z.int().min(1),
        body: blockSchema,
      }),
      z.strictObject({
        kind: z.literal('approval'),
        ...base,
        message: bindingSchema.nullable(),
        form: jsonObject.nullable(),
        roles: z.array(z.string()),
        timeoutMs: z.number().positive(),
        onTimeout: approvalTimeout,
      }),
      z.strictObject({ kind: z.literal('sleep'), ...base, duration: bindingSchema }),
      z.strictObject({ kind: z.literal('call'), ...base, pipeline: z.string(), params: bindings }),
      z.strictObject({ kind: z.literal('promote'), ...base, inputs: bindings }),
      z.strictObject({ kind: z.literal('notify'), ...base, text: bindingSchema, channel: bindingSchema.nullable() }),
      z.strictObject({ kind: z.literal('finally'), ...base, body: blockSchema }),
    ]),
  )
  .meta({ id: 'Node' }) as z.ZodType<PipelineNode>;

const implementation = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('handler') }),
  z.strictObject({ kind: z.literal('builtin') }),
  z.strictObject({
    kind: z.literal('process'),
    command: z.array(z.string()).min(1),
    files: z.array(z.string()),
    environment: z.array(z.string()).exactOptional(),
  }),
  z.strictObject({ kind: z.literal('container'), image: z.string(), command: z.array(z.string()) }),
  z.strictObject({ kind: z.literal('external') }),
]);

export const stepContractSchema: z.ZodType<StepContract> = z.strictObject({
  name,
  description: z.string().nullable(),
  input: jsonObject,
  output: jsonObject,
  effects: z.enum(EFFECTS),
  cost: z.enum(['light', 'ordinary']),
  reads: z.array(z.enum(RUN_READS)),
  sources: z.array(z.string()),
  implementation,
  settings,
});

const graph = { name, params: jsonObject, body: blockSchema };
const pipelineGraph: z.ZodType<PipelineGraph> = z.strictObject(graph);

const field = z.string();
export const scheduleSpecSchema: z.ZodType<ScheduleSpec> = z.strictObject({
  cron: z.array(z.string()),
  intervals: z.array(z.strictObject({ everyMs: z.int().positive(), offsetMs: z.int().nonnegative() })),
  calendars: z.array(
    z.strictObject({
      ...{ second: field, minute: field, hour: field, dayOfMonth: field, month: field, dayOfWeek: field, year: field },
    }),
  ),
  timezone: z.string(),
  start: z.string().nullable(),
  end: z.string().nullable(),
  jitterMs: z.int().nonnegative(),
  overlap: z.enum(OVERLAP_POLICIES),
  catchUpMs: z.int().positive(),
});

const declaredSchedule: z.ZodType<DeclaredSchedule> = z.strictObject({
  name,
  spec: scheduleSpecSchema,
  params: jsonObject,
  paused: z.boolean(),
  note: z.string().nullable(),
});

export const partitionsSchema: z.ZodType<Partitions> = z.strictObject({
  dimensions: z
    .array(
      z.discriminatedUnion('kind', [
        z.strictObject({
          kind: z.literal('time'),
          name,
          period: z.enum(PERIODS),
          start: z.string(),
          end: z.string().nullable(),
          timezone: z.string(),
        }),
        z.strictObject({ kind: z.literal('static'), name, keys: z.array(z.string()).min(1) }),
      ]),
    )
    .min(1),
});

/** Of one whole pipeline. Unknown keys are refused: they would be silently lost by an older reader. */
export const pipelineSchema: z.ZodType<PipelineIR> = z.strictObject({
  irVersion: z.literal(IR_VERSION),
  ...graph,
  description: z.string().nullable(),
  steps: z.record(z.string(), stepContractSchema),
  pipelines: z.record(z.string(), pipelineGraph),
  onExit: blockSchema.nullable(),
  schedule: declaredSchedule.nullable(),
  triggers: z.array(declaredTriggerSchema(conditionSchema)).exactOptional(),
  partitions: partitionsSchema.nullable(),
  maxRuns: z.int().positive().exactOptional(),
});

/** The JSON Schema (draft 2020-12) of the IR, as it is published in docs/. */
export function pipelineJsonSchema(): JsonObject {
  return z.toJSONSchema(pipelineSchema) as JsonObject;
}
