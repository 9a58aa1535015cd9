import type { ArtifactRef } from '../../ir/artifact.ts';
import type { JsonObject } from '../../ir/json.ts';
import type { Page, PageRequest } from './metadata-store.ts';

/** An immutable version of a model. Versions count up by model name, from 1. */
export interface ModelVersion {
  readonly model: string;
  readonly version: number;
  readonly artifact: ArtifactRef<'model'>;
  /** Numbers measured by the run, the gate's conditions with their values, … */
  readonly evidence: JsonObject;
  readonly runId: string | null;
  readonly taskPath: string | null;
  readonly createdBy: string;
  readonly createdAt: number;
}

export interface Alias {
  readonly model: string;
  readonly alias: string;
  readonly version: number;
  readonly updatedAt: number;
}

/** One line of a model's append-only history. */
export interface AliasMove {
  readonly model: string;
  readonly alias: string;
  readonly from: number | null;
  readonly to: number | null;
  readonly by: string;
  readonly reason: string;
  readonly runId: string | null;
  readonly evidence: JsonObject;
  readonly at: number;
}

export interface RegistryTable {
  /** The same artifact for the same model again gives the version that it already has. */
  addVersion(version: Omit<ModelVersion, 'version' | 'createdAt'>): Promise<ModelVersion>;
  version(model: string, version: number): Promise<ModelVersion | null>;
  versions(model: string, page?: PageRequest): Promise<Page<ModelVersion>>;
  models(): Promise<
    readonly { readonly model: string; readonly versions: number; readonly aliases: readonly Alias[] }[]
  >;
  alias(model: string, alias: string): Promise<Alias | null>;
  aliases(model: string): Promise<readonly Alias[]>;
  /**
   * Moves an alias and writes the history's line in one transaction. A move to where it stands already writes nothing,
   * whatever was expected, so that a caller that lost the answer can repeat it.
   *
   * @throws MetadataError `conflict` when `expected` (a version, or null for none) is given and is not where it stands.
   */
  moveAlias(move: Omit<AliasMove, 'from' | 'at'> & { readonly expected?: number | null }): Promise<Alias | null>;
  history(model: string, page?: PageRequest): Promise<Page<AliasMove>>;
}
