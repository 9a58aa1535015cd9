import { z } from 'zod';
import type { ArtifactKind, ArtifactRef } from '../ir/artifact.ts';
import { jsonSchemaOf } from './json-schema.ts';

declare const ROW: unique symbol;

/** Carries the type of the rows; nothing at run time. */
interface Rows<out Row> {
  readonly [ROW]?: Row;
}

/** A table by reference. `Row` is one row as readers see it. */
export type Dataset<Row = unknown> = ArtifactRef<'dataset'> & Rows<Row>;
/** What a model said of a table, by reference. */
export type Predictions<Row = unknown> = ArtifactRef<'predictions'> & Rows<Row>;
export type Model = ArtifactRef<'model'>;
export type Metrics = ArtifactRef<'metrics'>;
export type Report = ArtifactRef<'report'>;
export type Transform = ArtifactRef<'transform'>;
export type File = ArtifactRef<'file'>;

/** The schema of an artifact: what goes in is what comes out. */
export type ArtifactType<A> = z.ZodType<A, A>;

/** JSON Schema keywords of ours: an artifact's kind, and the JSON Schema of its rows. */
export const ARTIFACT_KEYWORD = 'x-artifact';
const ROWS_KEYWORD = 'x-rows';

/**
 * A table with rows of the given shape. Where a step wants other rows, `tsc` refuses the wiring.
 *
 * @throws CompileError `schema` for columns that have no JSON Schema, as `z.date()`.
 */
export function dataset(): ArtifactType<Dataset>;
export function dataset<Row extends z.ZodObject>(row: Row): ArtifactType<Dataset<z.output<Row>>>;
export function dataset(row?: z.ZodObject): ArtifactType<Dataset> {
  return artifact<Dataset>('dataset', row);
}

/** Predictions, with rows of the given shape. */
export function predictions(): ArtifactType<Predictions>;
export function predictions<Row extends z.ZodObject>(row: Row): ArtifactType<Predictions<z.output<Row>>>;
export function predictions(row?: z.ZodObject): ArtifactType<Predictions> {
  return artifact<Predictions>('predictions', row);
}

export function model(): ArtifactType<Model> {
  return artifact<Model>('model');
}

export function metrics(): ArtifactType<Metrics> {
  return artifact<Metrics>('metrics');
}

export function report(): ArtifactType<Report> {
  return artifact<Report>('report');
}

export function transform(): ArtifactType<Transform> {
  return artifact<Transform>('transform');
}

export function file(): ArtifactType<File> {
  return artifact<File>('file');
}

function artifact<A extends ArtifactRef>(kind: ArtifactKind, row?: z.ZodObject): ArtifactType<A> {
  const rows = row ? { [ROWS_KEYWORD]: jsonSchemaOf(row, 'output', `The rows of a ${kind}`) } : {};
  const reference = z
    .object({
      artifact: z.literal(kind),
      digest: z.string(),
      uri: z.string(),
      size: z.number().nonnegative(),
      metadata: z.record(z.string(), z.unknown()),
    })
    .meta({ [ARTIFACT_KEYWORD]: kind, ...rows });
  // The type of the rows is in the type alone, so zod cannot know of it.
  return reference as unknown as ArtifactType<A>;
}
