import { z } from 'zod';
import type { Endpoint, Replica } from '../../store/metadata/endpoint-table.ts';
import type { Worker } from '../../store/metadata/worker-table.ts';

const endpointSchema: z.ZodType<Endpoint> = z.object({
  name: z.string(),
  generation: z.int(),
  traffic: z.array(z.object({ model: z.string(), version: z.int(), percent: z.number() })),
  updatedAt: z.number(),
  updatedBy: z.string(),
});

const replicaSchema: z.ZodType<Replica> = z.object({
  id: z.string(),
  url: z.string(),
  leaseUntil: z.number(),
  applied: z.record(z.string(), z.object({ generation: z.int(), error: z.string().nullable() })),
});

export const endpointListSchema = z.object({ items: z.array(endpointSchema), replicas: z.array(replicaSchema) });
export type EndpointList = z.infer<typeof endpointListSchema>;
export const endpointDetailSchema = z.object({ endpoint: endpointSchema, replicas: z.array(replicaSchema) });

const secretHoldings = z.object({ variables: z.array(z.string()), keys: z.array(z.string()) });
const placedProcess = z.object({ host: z.string(), pid: z.int(), startedAt: z.string().nullable() });

const workerSchema: z.ZodType<Worker> = z.object({
  id: z.string(),
  queues: z.array(z.string()),
  host: z.string(),
  pid: z.int(),
  capacity: z.object({ memory: z.number(), cpu: z.number(), gpu: z.number() }),
  externals: z.record(z.string(), z.string()),
  details: z.object({ secrets: secretHoldings.exactOptional(), process: placedProcess.exactOptional() }),
  startedAt: z.number(),
  leaseUntil: z.number(),
});
export const workerListSchema = z.object({ items: z.array(workerSchema) });
export type WorkerList = z.infer<typeof workerListSchema>;

/** `temporal`: its address and whether it answers; null when this server was started without. */
export const healthSchema = z.object({
  status: z.literal('ok'),
  project: z.string(),
  version: z.string(),
  temporal: z.object({ address: z.string(), answers: z.boolean() }).nullable(),
});
export type Health = z.infer<typeof healthSchema>;

/** Whether what a process needs answers; `temporal` is true for one that needs none. */
export const readinessSchema = z.object({ ready: z.boolean(), metadata: z.boolean(), temporal: z.boolean() });
export type Readiness = z.infer<typeof readinessSchema>;
