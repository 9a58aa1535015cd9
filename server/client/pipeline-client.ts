import type { CompiledPipeline } from '../../ir/compiled-pipeline.ts';
import type { Digest } from '../../ir/digest.ts';
import type { Page, PageRequest } from '../../store/metadata/metadata-store.ts';
import type { PipelineVersion } from '../../store/metadata/pipeline-table.ts';
import type { PartitionState } from '../schemas/backfill.ts';
import type { PipelineDetail } from '../schemas/pipeline.ts';
import { readJson, type Transport } from './transport.ts';

export interface PartitionFilter extends PageRequest {
  readonly from?: string;
  readonly to?: string;
  readonly version?: number;
}

/** Pipelines, their versions and their partitions. */
export interface PipelineClient {
  hasBlob(digest: Digest): Promise<boolean>;
  putBlob(digest: Digest, bytes: Uint8Array): Promise<void>;
  addPipeline(compiled: CompiledPipeline): Promise<PipelineVersion>;
  pipelines(filter?: { pipeline?: string; cursor?: string; limit?: number }): Promise<Page<PipelineVersion>>;
  pipeline(name: string, version?: number): Promise<PipelineDetail>;
  /** In order, each with its newest run. `from` and `to` are keys of its dimension of time. */
  partitions(pipeline: string, page?: PartitionFilter): Promise<Page<PartitionState>>;
}

export function pipelineClient({ get, post, request, base }: Transport): PipelineClient {
  const id = encodeURIComponent;
  return {
    hasBlob: async (digest) => (await request(`${base}/blobs/${digest}`, { method: 'HEAD' })).status === 200,
    putBlob: async (digest, bytes) => {
      const headers = { 'content-type': 'application/octet-stream' };
      await readJson(await request(`${base}/blobs/${digest}`, { method: 'PUT', headers, body: new Uint8Array(bytes) }));
    },
    addPipeline: (compiled) => post('pipelines', compiled),
    pipelines: (filter = {}) => get('pipelines', { ...filter }),
    pipeline: (name, version) => get(`pipelines/${id(name)}/versions/${version ?? 'latest'}`),
    partitions: (name, page = {}) => get(`pipelines/${id(name)}/partitions`, { ...page }),
  };
}
