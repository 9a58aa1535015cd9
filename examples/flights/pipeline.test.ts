import { compile } from 'millrace';
import { describe, expect, it } from 'vitest';
import type { CompiledPipeline } from '../../ir/compiled-pipeline.ts';
import type { JsonValue } from '../../ir/json.ts';
import type { Promotion } from '../../ir/nodes/promote-node.ts';
import type { Transition } from '../../ir/protocol/transition.ts';
import { inProcessPort } from '../../workers/local/in-process-port.ts';
import { interpret } from '../../workflows/interpreter.ts';
import pipeline from './pipeline.ts';

const artifact = (kind: string): JsonValue => ({ artifact: kind, digest: 'd', uri: 'u', size: 1, metadata: {} });

/** What each step would give; a good model. */
const OUTPUTS: Readonly<Record<string, JsonValue>> = {
  importArtifact: { artifact: artifact('dataset') },
  preprocess: { data: artifact('dataset'), rowsIn: 1, rowsOut: 1, rejected: {} },
  splitByTime: { training: artifact('dataset'), holdout: artifact('dataset'), score: artifact('dataset') },
  fitTransform: { transform: artifact('transform') },
  train: { model: artifact('model'), learningRate: 0.1, logLoss: 0.3 },
  selectBest: { model: artifact('model'), learningRate: 0.1, logLoss: 0.3 },
  planPredictions: { rows: 1, chunks: [{ from: 0, to: 1 }] },
  predictRows: { part: artifact('predictions') },
  joinPredictions: { predictions: artifact('predictions'), rows: 1 },
  evaluate: { auc: 0.9, logLoss: 0.3, calibrationError: 0.01, noWorse: true },
  publishPredictions: { table: 'flight_delays', rows: 1, changed: true },
};

/** How each task ended, by path, where the promotion ends so. */
async function statusesWith(status: Promotion['status']): Promise<ReadonlyMap<string, string>> {
  const ends = new Map<string, string>();
  const executor = {
    record: (transition: Transition) => void ends.set(transition.path, transition.status),
    lookUp: async () => ({ key: null, reason: 'off', detail: '', output: null, hit: false, origin: null }) as const,
    runTask: async ({ contract }: { contract: { name: string } }) => OUTPUTS[contract.name] ?? null,
    takeSlots: async () => ({ kind: 'granted' }) as const,
    giveBackSlots: async () => [],
    promote: async () => ({ model: 'm', version: 1, alias: 'champion', endpoint: 'e', status, reason: null }),
    notify: async () => undefined,
    approval: async () => null,
  };
  const { ir } = compile(pipeline);
  const code = Object.fromEntries(Object.keys(ir.steps).map((step) => [step, { kind: 'none' } as const]));
  const compiled: CompiledPipeline = { millrace: 1, ir, irDigest: '', code, packages: {} };
  const params = { source: 's', database: 'd', learningRates: [0.1], minAuc: 0.7, maxCalibrationError: 0.1 };
  const run = { project: 'default', runId: 'r', pipeline: ir.name, compiledDigest: '' };
  const request = { ...run, params, logicalTime: null, partition: null, retryOf: null, rerunFrom: [] };
  const port = inProcessPort(executor, new AbortController().signal, new AbortController().signal);
  const outcome = await interpret({ compiled, registered: { 'flight-delays@champion': null } }, request, port);
  expect(outcome).toMatchObject({ status: 'succeeded' });
  return ends;
}

describe('the flights pipeline', () => {
  it('publishes what the promoted model predicts', async () => {
    const ends = await statusesWith('promoted');
    expect(ends.get('gate/do/promoted/do/publishPredictions')).toBe('succeeded');
  });

  it('publishes nothing of a model that was rolled back', async () => {
    const ends = await statusesWith('rolledBack');
    expect(ends.get('gate/do/promote')).toBe('succeeded');
    expect(ends.get('gate/do/promoted/do/predictJune')).toBe('skipped');
    expect(ends.get('gate/do/promoted/do/publishPredictions')).toBe('skipped');
  });
});
