import { expect, it } from 'vitest';
import type { EndpointList } from '../../server/client.ts';
import { endpointsOf, endpointTable } from './model-endpoints.ts';

const share = (model: string, version: number, percent: number) => ({ model, version, percent });
const endpoint = (name: string, ...traffic: ReturnType<typeof share>[]) => ({
  name,
  traffic,
  generation: 1,
  updatedAt: 1,
  updatedBy: 'ada',
});
const done = { generation: 1, error: null };
const list: EndpointList = {
  items: [
    endpoint('flights', share('flights', 1, 95), share('flights', 2, 5)),
    endpoint('mixed', share('other', 7, 50), share('flights', 2, 50)),
    endpoint('other', share('other', 7, 100)),
  ],
  replicas: [
    { id: 'a', url: 'http://127.0.0.1:7430', leaseUntil: 1, applied: { flights: done, mixed: done, other: done } },
    { id: 'b', url: 'http://127.0.0.1:7431', leaseUntil: 1, applied: { flights: { ...done, error: 'no file' } } },
  ],
};

it('tells what serves a model, with which share, and where', () => {
  const found = endpointsOf('flights', list);
  expect(found.map(({ name }) => name)).toEqual(['flights', 'mixed']);
  expect(
    endpointTable('flights', found)
      .split('\n')
      .map((line) => line.trim().split(/ {2,}/)),
  ).toEqual([
    ['ENDPOINT', 'TRAFFIC', 'URL'],
    ['flights', 'v1 95%, v2 5%', 'http://127.0.0.1:7430/v2/models/flights'],
    ['mixed', 'other v7 50%, v2 50%', 'http://127.0.0.1:7430/v2/models/mixed'],
  ]);
});

it('says where nothing serves it, or nothing is up to', () => {
  expect(endpointTable('none', endpointsOf('none', list))).toBe('No endpoint serves it.');
  expect(endpointTable('other', endpointsOf('other', { ...list, replicas: [] }))).toContain('served by no process now');
});
