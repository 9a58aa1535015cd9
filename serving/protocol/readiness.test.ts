import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { FakeServable } from '../testing/fake-servable.suite.ts';
import { type LocalServing, startLocalServing } from '../testing/local-serving.suite.ts';

let serving: LocalServing;
let loaded: Map<string, FakeServable>;
beforeEach(async () => {
  loaded = new Map();
  serving = await startLocalServing(async (path) => {
    const fake = new FakeServable();
    loaded.set(path, fake);
    return fake;
  });
});
afterEach(() => serving.close());

const kill = (path: string) => {
  const fake = loaded.get(path);
  if (fake) fake.alive = false;
};
const ready = async (path: string) => {
  const { status, body } = await serving.client.get(`/v2/${path}/ready`);
  return { status, ready: body.ready };
};
const YES = { status: 200, ready: true };
const NO = { status: 503, ready: false };

describe('readiness', () => {
  it('is told of a version that has died, of its endpoint, and not of others or of the server', async () => {
    await serving.apply('flights', [
      { version: 1, percent: 90, path: 'one' },
      { version: 2, percent: 10, path: 'two' },
    ]);
    await serving.apply('other', [{ version: 1, path: 'three' }]);
    const paths = [
      'models/flights',
      'models/flights/versions/1',
      'models/flights/versions/2',
      'models/other',
      'health',
    ];
    expect(await Promise.all(paths.map(ready))).toEqual([YES, YES, YES, YES, YES]);
    kill('two');
    expect(await Promise.all(paths.map(ready))).toEqual([NO, YES, NO, YES, YES]);
    expect((await serving.client.get('/v2/health/live')).status).toBe(200);
    await serving.apply('flights', [{ version: 1, path: 'one' }]);
    expect(await ready('models/flights')).toEqual(YES);
  });

  it('is not had by an endpoint of which nothing could be loaded, and had by the server and others', async () => {
    await serving.apply('flights', [{ path: 'one' }]);
    serving.manager.refuse('flights', 'the next version could not be loaded');
    serving.manager.refuse('other', 'its only version could not be loaded');
    expect((await serving.client.get('/v2/models/other/ready')).status).toBe(503);
    expect(await ready('models/flights')).toEqual(YES);
    expect(await ready('health')).toEqual(YES);
  });
});
