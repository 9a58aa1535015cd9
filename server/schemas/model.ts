import { z } from 'zod';
import { ARTIFACT_KINDS, type ArtifactRef } from '../../ir/artifact.ts';
import type { Alias, AliasMove, ModelVersion } from '../../store/metadata/registry-table.ts';
import { jsonObject, pageOf } from './json.ts';

export const artifactSchema: z.ZodType<ArtifactRef> = z.object({
  artifact: z.enum(ARTIFACT_KINDS),
  digest: z.string(),
  uri: z.string(),
  size: z.number(),
  metadata: jsonObject,
});

const aliasSchema: z.ZodType<Alias> = z.object({
  model: z.string(),
  alias: z.string(),
  version: z.int(),
  updatedAt: z.number(),
});

const modelVersionSchema: z.ZodType<ModelVersion> = z.object({
  model: z.string(),
  version: z.int(),
  artifact: z.object({
    artifact: z.literal('model'),
    digest: z.string(),
    uri: z.string(),
    size: z.number(),
    metadata: jsonObject,
  }),
  evidence: jsonObject,
  runId: z.string().nullable(),
  taskPath: z.string().nullable(),
  createdBy: z.string(),
  createdAt: z.number(),
});

const aliasMoveSchema: z.ZodType<AliasMove> = z.object({
  model: z.string(),
  alias: z.string(),
  from: z.int().nullable(),
  to: z.int().nullable(),
  by: z.string(),
  reason: z.string(),
  runId: z.string().nullable(),
  evidence: jsonObject,
  at: z.number(),
});

const modelSchema = z.object({ model: z.string(), versions: z.int(), aliases: z.array(aliasSchema) });
export const modelListSchema = z.object({ items: z.array(modelSchema) });
export type ModelList = z.infer<typeof modelListSchema>;

export const modelHistorySchema = pageOf(aliasMoveSchema);
export type ModelHistory = z.infer<typeof modelHistorySchema>;

/** A model with its newest versions and the newest moves of its aliases. */
export const modelDetailSchema = z.object({
  model: z.string(),
  aliases: z.array(aliasSchema),
  versions: pageOf(modelVersionSchema),
  history: modelHistorySchema,
});
export type ModelDetail = z.infer<typeof modelDetailSchema>;
