import type { Page, PageRequest } from './metadata-store.ts';

/** A pipeline file as it was submitted: versions count up by pipeline name, one for each new compiled digest. */
export interface PipelineVersion {
  readonly pipeline: string;
  readonly version: number;
  /** Blob in the artifact store that holds the compiled pipeline. */
  readonly compiledDigest: string;
  readonly irDigest: string;
  /** Who submitted it; code is trusted on their word. */
  readonly submittedBy: string;
  readonly createdAt: number;
}

export interface PipelineTable {
  /** Registers a compiled pipeline; the same digest again gives the version that it already has. */
  add(version: Omit<PipelineVersion, 'version' | 'createdAt'>): Promise<PipelineVersion>;
  get(pipeline: string, version: number | 'latest'): Promise<PipelineVersion | null>;
  byDigest(compiledDigest: string): Promise<PipelineVersion | null>;
  /** Each pipeline in its newest version, by name. */
  newest(page?: PageRequest): Promise<Page<PipelineVersion>>;
  list(page?: PageRequest & { readonly pipeline?: string }): Promise<Page<PipelineVersion>>;
}
