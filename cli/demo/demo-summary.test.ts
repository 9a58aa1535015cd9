import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ArtifactRef } from '../../ir/artifact.ts';
import type { ApiClient } from '../../server/client.ts';
import { sampleRun, sampleTask } from '../testing/sample-run.suite.ts';
import { demoSummary } from './demo-summary.ts';
import { inferLine } from './infer-line.ts';
import { traceText } from './trace-text.ts';

/** A served model as Open Inference Protocol shows it: it answers with the origin's length. */
let serving: Server;
let url = '';
beforeAll(async () => {
  serving = createServer((request, response) => {
    response.setHeader('content-type', 'application/json');
    const inputs = [
      { name: 'origin', datatype: 'BYTES', shape: [-1] },
      { name: 'distance', datatype: 'FP32', shape: [-1, 1] },
    ];
    if (request.method === 'GET') return response.end(JSON.stringify({ name: 'flights', inputs }));
    let body = '';
    request.on('data', (data) => {
      body += data;
    });
    request.on('end', () => {
      const [origin, distance] = JSON.parse(body).inputs;
      const data = [origin.data[0].length + distance.data[0]];
      response.end(JSON.stringify({ outputs: [{ name: 'score', datatype: 'FP32', shape: distance.shape, data }] }));
    });
  });
  await new Promise<void>((resolve) => serving.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(serving.address() as AddressInfo).port}`;
});
afterAll(() => serving.close());

const table = (digest: string, rows: number): ArtifactRef => ({
  artifact: 'dataset',
  digest,
  uri: `file:///${digest}`,
  size: 2_500_000,
  metadata: { rows },
});

/** A registry with one model, whose version 3 is champion. */
const FLIGHTS = {
  versions: { items: [{ model: 'flights', version: 3, artifact: { digest: 'sha256:0123456789abcdef' } }] },
  history: { items: [{ model: 'flights', alias: 'champion', from: 2, to: 3, runId: 'r1' }] },
};
function apiWith(endpoints: unknown, model: unknown = null): ApiClient {
  const items = model === null ? [] : [{ model: 'flights' }];
  return {
    endpoints: async () => endpoints,
    models: async () => ({ items }),
    model: async () => model,
  } as unknown as ApiClient;
}

describe('the summary of a run', () => {
  it('has data, measures, gates, promotions, a request that works and tables for SQL', async () => {
    const conditions = [{ kind: 'compare', op: 'gte', left: 0.77413, right: 0.7, holds: true }];
    const detail = sampleRun(
      [
        sampleTask('split', { output: { training: table('a', 1_000_000), holdout: table('b', 10) } }),
        sampleTask('copy', { output: { same: table('a', 1_000_000) } }),
        sampleTask('trials[0]/train', { output: { loss: 1 } }),
        sampleTask('evaluate', { output: { threshold: 0.5 } }),
        sampleTask('gate', { kind: 'when', detail: { chosen: 'do', conditions } }),
        sampleTask('gate/do/promote', {
          kind: 'promote',
          output: {
            model: 'flights',
            version: 3,
            alias: 'champion',
            endpoint: 'flights',
            status: 'promoted',
            reason: null,
          },
        }),
        sampleTask('publish', { input: { database: '/data/f.duckdb' }, output: { table: 'delays', rows: 5 } }),
      ],
      [],
      { status: 'succeeded', endedAt: 3_000 },
    );
    const measured = (path: string, name: string, value: number) => ({
      runId: 'r1',
      path,
      name,
      value,
      step: 0,
      points: 1,
    });
    detail.metrics.push(
      measured('evaluate', 'auc', 0.774125),
      measured('evaluate', 'baseRate', 0.1691),
      measured('trials[0]/train', 'loss', 1),
    );
    const traffic = [{ model: 'flights', version: 3, percent: 100 }];
    const endpoint = { name: 'flights', generation: 1, traffic, updatedAt: 0, updatedBy: 'ada' };
    const replica = { id: 'r', url, leaseUntil: 0, applied: { flights: { generation: 1, error: null } } };
    const client = apiWith({ items: [endpoint], replicas: [replica] }, FLIGHTS);
    const text = await demoSummary(client, detail, { origin: 'ORD', distance: 700 });
    expect(text).toContain('Data\n  split.training: 1,000,000 rows, 2.5 MB\n  split.holdout: 10 rows, 2.5 MB\n');
    expect(text).not.toContain('copy.same');
    expect(text).toContain('evaluate: auc 0.7741, baseRate 0.1691');
    expect(text).not.toContain('loss 1');
    expect(text).toContain('gate: 0.7741 ≥ 0.7 → true  → do');
    expect(text).toContain('flights version 3 is champion: promoted');
    expect(text).toContain('→ {"score":[703]}');
    expect(text).toContain('5 rows in table delays of /data/f.duckdb');
  });

  it('calls a version that was rolled back no champion, and gives the reason', async () => {
    const output = { model: 'flights', version: 2, alias: 'champion', endpoint: null };
    const rolledBack = { ...output, status: 'rolledBack', reason: 'it could not be loaded' };
    const promote = sampleTask('promote', { kind: 'promote', output: rolledBack });
    const detail = sampleRun([promote], [], { status: 'succeeded', endedAt: 3_000 });
    const client = apiWith({ items: [], replicas: [] });
    const text = await demoSummary(client, detail);
    expect(text).toContain('flights version 2 was not promoted: rolled back (it could not be loaded).');
    expect(text).not.toContain('is champion');
  });

  it('names a version in a gate, and says that a promotion changed nothing', async () => {
    const champion = { ...table('sha256:0123456789abcdef', 0), artifact: 'model' as const };
    const conditions = [{ kind: 'isNull', value: champion, holds: false }];
    const output = {
      model: 'flights',
      version: 3,
      alias: 'champion',
      endpoint: null,
      status: 'promoted',
      reason: null,
    };
    const tasks = [
      sampleTask('gate', { kind: 'when', detail: { chosen: 'do', conditions } }),
      sampleTask('promote', { kind: 'promote', output }),
    ];
    const detail = sampleRun(tasks, [], { id: 'r2', status: 'succeeded', endedAt: 3_000 });
    const text = await demoSummary(apiWith({ items: [], replicas: [] }, FLIGHTS), detail);
    expect(text).toContain('gate: flights v3 (sha256:0123456789ab) is null → false  → do');
    expect(text).toContain('flights version 3 was champion already.');
  });

  it('shows a request that can be sent as it stands, and none where serving is away', async () => {
    const line = await inferLine(url, 'flights', { origin: "O'Hare", distance: 1 });
    expect(line?.curl).toContain(
      `-d '{"inputs":[{"name":"origin","datatype":"BYTES","shape":[1],"data":["O'\\''Hare"]}`,
    );
    expect(await inferLine('http://127.0.0.1:9', 'flights', {})).toBeNull();
  });
});

describe('a condition', () => {
  it('reads as what was compared and how that came out', () => {
    const compare = { kind: 'compare', op: 'lt', left: 52, right: 50, holds: false };
    const isNull = { kind: 'isNull', value: null, holds: true };
    expect(traceText({ kind: 'and', operands: [compare, isNull], holds: false })).toBe(
      '52 < 50 and null is null → false',
    );
    expect(traceText({ kind: 'not', operand: compare, holds: true })).toBe('not (52 < 50) → true');
    expect(traceText({ kind: 'isTrue', value: true, holds: true })).toBe('true → true');
  });
});
