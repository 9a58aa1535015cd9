import type { ArtifactRef } from '../../ir/artifact.ts';
import type { JsonObject } from '../../ir/json.ts';
import type { Endpoint } from './endpoint-table.ts';
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

/** Where an alias stands, and as of which move: a move back is a move. */
export interface AliasStanding {
  /** null when it names nothing. */
  readonly version: number | null;
  /** The place of its newest move in the model's history; 0 before the first. */
  readonly lastMove: number;
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
  standing(model: string, alias: string): Promise<AliasStanding>;
  aliases(model: string): Promise<readonly Alias[]>;
  /**
   * Moves an alias and writes the history's line in one transaction. A move to where it stands already writes nothing,
   * whatever was expected, so that a caller that lost the answer can repeat it.
   *
   * With `expected.lastMove`, nobody can have moved it since it was read, not even back: of several tries to make one
   * move, which may come as late as they like, one makes it.
   *
   * With `endpoint`, nobody can have changed that endpoint since it had the generation, not even where the alias stands
   * there already: the move belongs to a traffic that has to be there still.
   *
   * @throws MetadataError `conflict` when `expected` is given and is not where it stands, or `endpoint` is not as it is.
   */
  moveAlias(
    move: Omit<AliasMove, 'from' | 'at'> & {
      readonly expected?: Pick<AliasStanding, 'version'> & Partial<AliasStanding>;
      readonly endpoint?: Pick<Endpoint, 'name' | 'generation'> | null;
    },
  ): Promise<Alias | null>;
  history(model: string, page?: PageRequest): Promise<Page<AliasMove>>;
}
