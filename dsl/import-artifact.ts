import { z } from 'zod';
import { ARTIFACT_KINDS, type ArtifactKind, type ArtifactRef } from '../ir/artifact.ts';
import { foreignScheme } from '../ir/foreign-scheme.ts';
import type { JsonSchema } from '../ir/json.ts';
import { RowSchemaError, rowRules } from '../ir/row-schema.ts';
import type { Dataset, Predictions } from './artifact-types.ts';
import type { CallOptions } from './call-options.ts';
import { CompileError } from './compile-error.ts';
import { plainJsonSchemaOf } from './json-schema.ts';
import { badValue } from './lower.ts';
import { makeStep } from './make-step.ts';
import type { Ref } from './ref.ts';
import { stepContractOf } from './step-contract-of.ts';
import type { Operand } from './wired.ts';

/** The built-in step that takes outside data in. Its handler lies with those of the other built-in steps. */
export const importArtifactDescription = {
  name: 'importArtifact',
  description: 'Takes a file or folder from outside into the artifact store.',
  input: z.object({
    uri: z.string().min(1),
    artifact: z.enum(ARTIFACT_KINDS),
    /** The JSON Schema of the rows that a table must have. */
    schema: z.record(z.string(), z.json()).optional(),
  }),
  output: z.object({
    artifact: z.object({
      artifact: z.enum(ARTIFACT_KINDS),
      digest: z.string(),
      uri: z.string(),
      size: z.number().nonnegative(),
      metadata: z.record(z.string(), z.json()),
    }),
  }),
  sources: ['uri'],
} as const;

const importStep = makeStep(
  stepContractOf(importArtifactDescription, { kind: 'builtin' }),
  importArtifactDescription,
  undefined,
);

interface Import<K extends ArtifactKind> {
  /**
   * `file:///…` or a path on the worker; no other scheme is read yet. A relative path begins where the worker runs; that of
   * a parameter with `.meta({ format: 'path' })` begins where the person runs the command.
   */
  readonly uri: Operand<string>;
  readonly artifact: K;
}

/**
 * Takes outside data in: the one door through which it enters a pipeline. What the URI points at is part of the cache
 * key, so data that changes behind an unchanged name is read again.
 *
 * @param source.schema the rows of a `dataset` or of `predictions`: each of them is checked against it, and the task
 *   fails where one does not fit. Columns beside those of the schema are allowed, unless it is a `z.strictObject`.
 * @throws CompileError `badValue` for a URI of a scheme that is not read (what exists only in the run fails there),
 *   `schema` for what cannot be checked of a table: refinements, lists, unions of types, …
 * @example const flights = importArtifact({ uri: params.source, artifact: 'dataset', schema: Flight });
 */
export function importArtifact<Row extends z.ZodObject>(
  source: Import<'dataset'> & { readonly schema: Row },
  options?: CallOptions,
): Ref<Dataset<z.output<Row>>>;
export function importArtifact<Row extends z.ZodObject>(
  source: Import<'predictions'> & { readonly schema: Row },
  options?: CallOptions,
): Ref<Predictions<z.output<Row>>>;
export function importArtifact<K extends ArtifactKind>(source: Import<K>, options?: CallOptions): Ref<ArtifactRef<K>>;
export function importArtifact(
  { uri, artifact, schema }: Import<ArtifactKind> & { readonly schema?: z.ZodObject },
  options: CallOptions = {},
): Ref<ArtifactRef> {
  const scheme = typeof uri === 'string' ? foreignScheme(uri) : null;
  if (scheme !== null) {
    throw badValue(
      `importArtifact cannot read '${uri}': this version reads file:// URIs and paths only, and not ${scheme}`,
      'Bring it to a disk that the workers share, or read it in a step of your own.',
    );
  }
  const rows: { schema?: JsonSchema } = schema ? { schema: rowSchemaOf(schema) } : {};
  return importStep({ uri, artifact, ...rows }, options).artifact;
}

function rowSchemaOf(schema: z.ZodObject): JsonSchema {
  const subject = 'The rows to import';
  const document = plainJsonSchemaOf(schema, subject);
  try {
    rowRules(document);
  } catch (error) {
    if (!(error instanceof RowSchemaError)) throw error;
    throw new CompileError('schema', `${subject}: ${error.message}`, { cause: error });
  }
  return document;
}
