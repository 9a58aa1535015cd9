import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { ArtifactRef } from '../../ir/artifact.ts';
import type { JsonObject } from '../../ir/json.ts';
import type { Transition } from '../../ir/protocol/transition.ts';
import type { RegistryTable } from '../../store/metadata/registry-table.ts';
import type { NewRun } from '../../store/metadata/run-table.ts';
import { openStores, type Stores } from '../../store/open-stores.ts';
import { rollout } from '../../workflows/rollout.ts';
import type { AliasStanding, MoveAliasRequest, RolloutAuthor, RolloutPort } from '../../workflows/rollout-port.ts';
import { rolloutActivities } from './rollout-activities.ts';

type Move = Parameters<RegistryTable['moveAlias']>[0];
const AUTHOR = { runId: 'r1', taskPath: 'promote', by: 'run r1, task promote' };
const ONE = [{ model: 'flights', version: 1, percent: 100 }];
const TWO = [{ model: 'flights', version: 2, percent: 100 }];

const RUN: Omit<NewRun, 'id' | 'retryOf'> = {
  pipeline: 'flights',
  pipelineVersion: 1,
  compiledDigest: '',
  name: null,
  driver: 'local',
  workflowId: null,
  params: {},
  submittedBy: 'me',
  rerunFrom: [],
  logicalTime: null,
  partition: null,
  schedule: null,
};
const PROMOTED: Omit<Transition, 'input' | 'output'> = {
  path: 'promote',
  sequence: 1,
  kind: 'promote',
  step: null,
  status: 'succeeded',
  at: 1,
  failure: null,
  cache: null,
  detail: {},
};

let home: string;
let stores: Stores;
let activities: ReturnType<typeof rolloutActivities>;

beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'millrace-rollout-'));
  stores = await openStores({ home, project: 'default' });
  activities = rolloutActivities(stores.metadata);
});
afterEach(async () => {
  await stores.close();
  await rm(home, { recursive: true, force: true });
});

function model(name: string): ArtifactRef<'model'> {
  const digest = `sha256:${name.repeat(64).slice(0, 64)}`;
  return { artifact: 'model', digest, uri: `file:///${name}`, size: 1, metadata: {} };
}

function adding(name: string, more: { input?: JsonObject; author?: RolloutAuthor } = {}) {
  const added = { model: 'flights', artifact: model(name), evidence: {} };
  return { ...added, input: {}, author: AUTHOR, ...more };
}

function moving(
  version: number,
  expected: AliasStanding,
  endpoint: MoveAliasRequest['endpoint'] = null,
): MoveAliasRequest {
  const move = { model: 'flights', alias: 'champion', version, expected, endpoint };
  return { ...move, reason: 'better', evidence: {}, author: AUTHOR };
}

describe('rolloutActivities, each delivered twice', () => {
  it('gives an artifact one version', async () => {
    const request = { ...adding('a'), evidence: { auc: 0.7 } };
    expect([await activities.addVersion(request), await activities.addVersion(request)]).toMatchObject([
      { version: 1 },
      { version: 1 },
    ]);
    expect(await stores.metadata.registry.version('flights', 1)).toMatchObject({ runId: 'r1', evidence: { auc: 0.7 } });
  });

  it('does not conflict with its own change of the traffic', async () => {
    const request = { endpoint: 'flights', traffic: ONE, expectedGeneration: 0, by: AUTHOR.by };
    const first = await activities.setTraffic(request);
    expect(first).toMatchObject({ kind: 'set', endpoint: { generation: 1, traffic: ONE } });
    expect(await activities.setTraffic(request)).toEqual(first);
    expect(await activities.endpoint('flights')).toMatchObject({ generation: 1 });
  });

  it('gives what stands there when somebody else came first', async () => {
    await activities.setTraffic({ endpoint: 'flights', traffic: ONE, expectedGeneration: 0, by: 'somebody' });
    for (const traffic of [ONE, TWO]) {
      expect(
        await activities.setTraffic({ endpoint: 'flights', traffic, expectedGeneration: 0, by: AUTHOR.by }),
      ).toMatchObject({ kind: 'conflict', current: { generation: 1, updatedBy: 'somebody' } });
    }
    const gone = await activities.setTraffic({ endpoint: 'none', traffic: ONE, expectedGeneration: 3, by: AUTHOR.by });
    expect(gone).toEqual({ kind: 'conflict', current: null });
  });

  it('moves an alias once', async () => {
    await activities.addVersion(adding('a'));
    const move = moving(1, { version: null, lastMove: 0 });
    await activities.moveAlias(move);
    await activities.moveAlias(move);
    expect((await stores.metadata.registry.history('flights')).items).toMatchObject([
      { alias: 'champion', from: null, to: 1, by: AUTHOR.by, reason: 'better', runId: 'r1' },
    ]);
  });

  it('does not move an alias again that an operator has moved back since', async () => {
    for (const name of ['a', 'b']) await activities.addVersion(adding(name));
    await operator(1);
    const move = moving(2, { version: 1, lastMove: 1 });
    expect(await activities.moveAlias(move)).toEqual({ kind: 'moved' });
    await operator(1);
    expect(await activities.moveAlias(move)).toEqual({ kind: 'moved' });
    expect(await stores.metadata.registry.alias('flights', 'champion')).toMatchObject({ version: 1 });
  });

  it('does not move an alias when it goes on after another delivery has done it and an operator has undone it', async () => {
    for (const name of ['a', 'b']) await activities.addVersion(adding(name));
    await operator(1);
    const aliased = await activities.standing('flights', 'champion');
    let goOn = () => {};
    const stopped = new Promise<void>((resolve) => {
      goOn = resolve;
    });
    const { registry } = stores.metadata;
    const late = { ...registry, moveAlias: (move: Move) => stopped.then(() => registry.moveAlias(move)) };
    const zombie = rolloutActivities({ ...stores.metadata, registry: late }).moveAlias(moving(2, aliased));
    expect(await activities.moveAlias(moving(2, aliased))).toEqual({ kind: 'moved' });
    await operator(1);
    goOn();
    // What it answers is what has been done; nobody waits for it any more.
    expect(await zombie).toEqual({ kind: 'moved' });
    expect(await registry.standing('flights', 'champion')).toEqual({ version: 1, lastMove: 3 });
  });

  it('gives the version that the alias names when somebody else moved it first', async () => {
    for (const name of ['a', 'b', 'c']) await activities.addVersion(adding(name));
    await operator(3);
    const conflict = { kind: 'conflict', version: 3, current: null };
    for (const version of [1, 3, null]) {
      expect(await activities.moveAlias(moving(2, { version, lastMove: 0 }))).toEqual(conflict);
    }
    expect((await stores.metadata.registry.history('flights')).items).toHaveLength(1);
  });

  it('moves no alias beside a traffic that an operator has changed, and gives that', async () => {
    for (const name of ['a', 'b']) await activities.addVersion(adding(name));
    const change = { endpoint: 'flights', traffic: TWO, expectedGeneration: 0, by: AUTHOR.by };
    await activities.setTraffic(change);
    await activities.setTraffic({ ...change, traffic: ONE, expectedGeneration: 1, by: 'on-call' });
    const move = moving(2, { version: null, lastMove: 0 }, { name: 'flights', generation: 1 });
    expect(await activities.moveAlias(move)).toMatchObject({
      ...{ kind: 'conflict', version: null, current: { generation: 2, updatedBy: 'on-call', traffic: ONE } },
    });
    expect((await stores.metadata.registry.history('flights')).items).toEqual([]);
  });

  it('moves an alias once where an operator has changed the traffic since', async () => {
    await activities.addVersion(adding('a'));
    const change = { endpoint: 'flights', traffic: ONE, expectedGeneration: 0, by: AUTHOR.by };
    await activities.setTraffic(change);
    const move = moving(1, { version: null, lastMove: 0 }, { name: 'flights', generation: 1 });
    expect(await activities.moveAlias(move)).toEqual({ kind: 'moved' });
    await activities.setTraffic({ ...change, traffic: [], expectedGeneration: 1, by: 'on-call' });
    expect(await activities.moveAlias(move)).toEqual({ kind: 'moved' });
  });

  it('sees live replicas only, with what they say of the endpoint', async () => {
    const row = (id: string, leaseUntil: number, applied: object) => ({
      id,
      url: '',
      leaseUntil,
      applied: { ...applied },
    });
    const later = Date.now() + 60_000;
    const { endpoints } = stores.metadata;
    await endpoints.heartbeat(row('gone', Date.now() - 1, { flights: { generation: 9, error: null } }));
    await endpoints.heartbeat(row('new', later, {}));
    await endpoints.heartbeat(row('old', later, { flights: { generation: 2, error: 'no such file' } }));
    expect(await activities.replicasApplied('flights')).toEqual([
      { replica: 'new', generation: 0, error: null, leaseUntil: later },
      { replica: 'old', generation: 2, error: 'no such file', leaseUntil: later },
    ]);
  });
});

describe('a rollout over the real store', () => {
  it('leaves the champion alone when a run is retried that promoted long ago', async () => {
    const { registry, runs } = stores.metadata;
    const port: RolloutPort = { ...activities, sleep: async () => undefined, now: async () => 0 };
    const promote = async (runId: string, name: string, retryOf: string | null) => {
      await runs.create({ ...RUN, id: runId, retryOf });
      const input = { model: model(name), name: 'flights' };
      const task = { project: 'default', runId, pipeline: 'flights', path: 'promote' };
      const output = await rollout({ task, input }, port);
      await stores.metadata.tasks.record(runId, [{ ...PROMOTED, input, output }]);
      return output;
    };
    const old = await promote('old', 'a', null);
    expect(await promote('new', 'b', null)).toMatchObject({ version: 2, status: 'promoted' });
    expect(await promote('again', 'a', 'old')).toEqual(old);
    expect(await promote('once-more', 'a', 'again')).toEqual(old);
    await runs.create({ ...RUN, id: 'not-as-far', retryOf: 'once-more' });
    expect(await promote('at-last', 'a', 'not-as-far')).toEqual(old);
    expect(await registry.alias('flights', 'champion')).toMatchObject({ version: 2 });
    expect(await promote('other', 'c', 'old')).toMatchObject({ version: 3, status: 'promoted' });
    expect(await registry.alias('flights', 'champion')).toMatchObject({ version: 3 });
  });

  it('gives way to an operator who moves the alias while the answer to what adds the version is lost', async () => {
    for (const name of ['a', 'b']) await activities.addVersion(adding(name));
    await operator(1);
    const port: RolloutPort = {
      ...activities,
      addVersion: async (request) => {
        await activities.addVersion(request);
        await operator(2);
        return activities.addVersion(request);
      },
      sleep: async () => undefined,
      now: async () => 0,
    };
    const task = { project: 'default', runId: 'r1', pipeline: 'flights', path: 'promote' };
    const promotion = await rollout({ task, input: { model: model('c'), name: 'flights' } }, port);
    expect(promotion).toMatchObject({ version: 3, status: 'rolledBack', reason: expect.stringContaining('names v2') });
    expect(await stores.metadata.registry.alias('flights', 'champion')).toMatchObject({ version: 2 });
  });

  it('ends as if each activity had been delivered once, though the first answer is always lost', async () => {
    let clock = 0;
    const port: RolloutPort = {
      standing: twice(activities.standing),
      addVersion: twice(activities.addVersion),
      endpoint: twice(activities.endpoint),
      setTraffic: twice(activities.setTraffic),
      moveAlias: twice(activities.moveAlias),
      replicasApplied: twice(async (name: string) => {
        const standing = await activities.endpoint(name);
        const applied = { [name]: { generation: standing?.generation ?? 0, error: null } };
        await stores.metadata.endpoints.heartbeat({ id: 'one', url: '', leaseUntil: Date.now() + 60_000, applied });
        return activities.replicasApplied(name);
      }),
      sleep: async (ms) => {
        clock += ms;
      },
      now: async () => clock,
    };
    const promote = (name: string) => {
      const task = { project: 'default', runId: `run-${name}`, pipeline: 'flights', path: 'promote' };
      const strategy = { canary: [5, 100], bake: '1h' };
      return rollout({ task, input: { model: model(name), endpoint: 'flights', strategy } }, port);
    };
    expect(await promote('a')).toMatchObject({ version: 1, status: 'promoted', reason: null });
    expect(await promote('b')).toMatchObject({ version: 2, status: 'promoted', reason: null });
    expect(await activities.endpoint('flights')).toMatchObject({ generation: 3, traffic: TWO });
    expect(await stores.metadata.registry.alias('flights', 'champion')).toMatchObject({ version: 2 });
    expect((await stores.metadata.registry.history('flights')).items).toHaveLength(2);
    expect(clock).toBe(3_600_000);
  });
});

function operator(to: number) {
  const move = { model: 'flights', alias: 'champion', to, by: 'on-call', reason: '', runId: null, evidence: {} };
  return stores.metadata.registry.moveAlias(move);
}

/** An activity whose worker dies before it can answer, and that is then delivered again. */
function twice<A extends readonly unknown[], R>(activity: (...args: A) => Promise<R>): (...args: A) => Promise<R> {
  return async (...args) => {
    await activity(...args);
    return activity(...args);
  };
}
