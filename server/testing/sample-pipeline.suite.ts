import type { CodePackage, CompiledPipeline } from '../../ir/compiled-pipeline.ts';
import { type Digest, digestOfBytes, digestOfJson } from '../../ir/digest.ts';
import type { JsonSchema } from '../../ir/json.ts';
import type { PipelineNode } from '../../ir/nodes/pipeline-node.ts';
import type { Partitions } from '../../ir/partitions.ts';
import type { PipelineIR } from '../../ir/pipeline-ir.ts';
import type { StepContract } from '../../ir/step-contract.ts';

/** A pipeline of one step on a queue, and other nodes where given, with the code it names. */
export interface Sample {
  readonly compiled: CompiledPipeline;
  readonly blobs: ReadonlyMap<Digest, Uint8Array>;
}

const PARAMS: JsonSchema = {
  type: 'object',
  properties: { source: { type: 'string' }, rows: { type: 'integer', minimum: 1, default: 10 } },
  required: ['source'],
};

export function samplePipeline(
  name: string,
  {
    queue = 'cpu',
    code = 'exports.default = 1;',
    params = PARAMS,
    nodes = [] as readonly PipelineNode[],
    partitions = null as Partitions | null,
  } = {},
): Sample {
  const bundle = new TextEncoder().encode(code);
  const digest = digestOfBytes(bundle);
  const content = { runtimeInterface: 1, bundle: { digest, size: bundle.byteLength }, files: {}, externals: {} };
  const manifest: CodePackage = { digest: digestOfJson(content), ...content };
  const ir = { ...sampleIr(name, queue, params, nodes), partitions };
  const compiled: CompiledPipeline = {
    millrace: 1,
    ir,
    irDigest: digestOfJson(ir),
    code: { load: { kind: 'package', digest: manifest.digest } },
    packages: { [manifest.digest]: manifest },
  };
  return { compiled, blobs: new Map([[digest, bundle]]) };
}

function sampleIr(name: string, queue: string, params: JsonSchema, more: readonly PipelineNode[]): PipelineIR {
  const output = { kind: 'output', node: 'load', path: [] } as const;
  const inputs = { source: { kind: 'param', path: ['source'] } } as const;
  const load: PipelineNode = { kind: 'task', name: 'load', after: [], step: 'load', inputs, overrides: {} };
  return {
    irVersion: 1,
    name,
    params,
    description: null,
    body: { nodes: [load, ...more], output },
    steps: { load: sampleStep(queue) },
    pipelines: {},
    onExit: null,
    schedule: null,
    partitions: null,
  };
}

function sampleStep(queue: string): StepContract {
  return {
    name: 'load',
    description: null,
    input: { type: 'object' },
    output: { type: 'object' },
    effects: 'none',
    cost: 'ordinary',
    reads: [],
    sources: [],
    implementation: { kind: 'handler' },
    settings: {
      resources: { queue, memory: null, cpu: null, gpu: null },
      retry: { attempts: 1, backoffMs: 0, factor: 1, maxBackoffMs: 0, nonRetryable: [] },
      timeoutMs: 60_000,
      cache: { policy: 'on', ttlMs: null },
      env: {},
      secrets: {},
      isolation: 'process',
    },
  };
}
