import type { JsonObject } from './json.ts';

export const ARTIFACT_KINDS = ['dataset', 'model', 'metrics', 'predictions', 'report', 'transform', 'file'] as const;
export type ArtifactKind = (typeof ARTIFACT_KINDS)[number];

/**
 * Data by reference: what passes between tasks in place of the data itself.
 *
 * The field `artifact` tells a reference from any other JSON object. `uri` says where the bytes are (`file:///…` or
 * `s3://…`), `digest` what they are: the sha-256 of a file, or of the canonical manifest of a folder.
 */
export type ArtifactRef<K extends ArtifactKind = ArtifactKind> = {
  readonly artifact: K;
  readonly digest: string;
  readonly uri: string;
  /** Bytes in all. */
  readonly size: number;
  /** What readers want to know without opening it: rows, columns, signature, metrics, … */
  readonly metadata: JsonObject;
};

export function isArtifactRef(value: unknown): value is ArtifactRef {
  return (
    typeof value === 'object' &&
    value !== null &&
    'artifact' in value &&
    'digest' in value &&
    'uri' in value &&
    (ARTIFACT_KINDS as readonly unknown[]).includes(value.artifact)
  );
}

/** Every artifact reference in a value, depth first, in key order. */
export function artifactsIn(value: unknown): readonly ArtifactRef[] {
  if (isArtifactRef(value)) return [value];
  if (Array.isArray(value)) return value.flatMap(artifactsIn);
  if (typeof value === 'object' && value !== null) return Object.values(value).flatMap(artifactsIn);
  return [];
}
