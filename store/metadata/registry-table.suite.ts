import { describe, expect, it } from 'vitest';
import type { SuiteContext } from './metadata-store.suite.ts';
import type { RegistryTable } from './registry-table.ts';

export function registryTableSuite(context: () => SuiteContext): void {
  const add = (model: string, digest: string) =>
    context().store.registry.addVersion({
      model,
      artifact: { artifact: 'model', digest, uri: `file:///${digest}`, size: 9, metadata: { opset: 17 } },
      evidence: { auc: 0.71 },
      runId: 'r',
      taskPath: 'trials/train[0]',
      createdBy: 'ada',
    });
  const move = (to: number | null, more: Partial<Parameters<RegistryTable['moveAlias']>[0]> = {}) =>
    context().store.registry.moveAlias({
      ...{ model: 'm', alias: 'champion', to, by: 'ada', reason: 'gate passed', runId: 'r', evidence: { auc: 0.71 } },
      ...more,
    });
  const threeVersions = async () => {
    for (const digest of ['d1', 'd2', 'd3']) await add('m', digest);
  };
  const moves = async () =>
    (await context().store.registry.history('m')).items.map(({ from, to }) => [from, to] as const);

  describe('model versions', () => {
    it('count up by model and keep what they were made from', async () => {
      expect(await add('m', 'd1')).toMatchObject({ version: 1, evidence: { auc: 0.71 }, taskPath: 'trials/train[0]' });
      const second = await add('m', 'd2');
      expect(second.version).toBe(2);
      expect((await add('other', 'd1')).version).toBe(1);
      expect(await context().store.registry.version('m', 2)).toEqual(second);
      expect(await context().store.registry.version('m', 3)).toBeNull();
    });

    it('are one for one artifact, also when many register it at once', async () => {
      const added = await Promise.all(['d1', 'd2', 'd1', 'd2', 'd1'].map((digest) => add('m', digest)));
      expect(new Set(added.map(({ version, artifact }) => `${version} ${artifact.digest}`)).size).toBe(2);
      expect((await context().store.registry.versions('m')).items).toHaveLength(2);
    });

    it('are paged, newest first, and stay put while new ones arrive', async () => {
      const { registry } = context().store;
      await threeVersions();
      const first = await registry.versions('m', { limit: 2 });
      await add('m', 'd4');
      const rest = await registry.versions('m', { limit: 2, cursor: first.cursor });
      expect([...first.items, ...rest.items].map(({ version }) => version)).toEqual([3, 2, 1]);
      expect(rest.cursor).toBeNull();
    });

    it('are summed up by model, with aliases', async () => {
      await threeVersions();
      await add('a', 'd1');
      await move(2);
      expect(await context().store.registry.models()).toMatchObject([
        { model: 'a', versions: 1, aliases: [] },
        { model: 'm', versions: 3, aliases: [{ alias: 'champion', version: 2 }] },
      ]);
    });
  });

  describe('aliases', () => {
    it('move, and every move leaves its line', async () => {
      await threeVersions();
      expect(await move(1)).toMatchObject({ model: 'm', alias: 'champion', version: 1 });
      expect(await move(3, { by: 'grace', reason: 'better' })).toMatchObject({ version: 3 });
      expect(await move(null, { reason: 'withdrawn' })).toBeNull();
      expect(await context().store.registry.alias('m', 'champion')).toBeNull();
      expect(await moves()).toEqual([
        [3, null],
        [1, 3],
        [null, 1],
      ]);
      expect((await context().store.registry.history('m')).items[1]).toMatchObject({
        ...{ alias: 'champion', by: 'grace', reason: 'better', runId: 'r', evidence: { auc: 0.71 } },
      });
    });

    it('that stand there already write nothing, whatever was expected: a caller that lost the answer may repeat', async () => {
      await threeVersions();
      const moved = await move(2, { expected: { version: null } });
      expect(await move(2)).toEqual(moved);
      expect(await move(2, { expected: { version: null } })).toEqual(moved);
      expect(await moves()).toEqual([[null, 2]]);
    });

    it('move only from where they are expected', async () => {
      await threeVersions();
      await move(1, { expected: { version: null } });
      await expect(move(2, { expected: { version: null } })).rejects.toMatchObject({
        kind: 'conflict',
        message: expect.stringContaining("'champion' of model 'm' names version 1, not no version"),
      });
      await expect(move(2, { expected: { version: 3 } })).rejects.toMatchObject({ kind: 'conflict' });
      await expect(move(null, { expected: { version: 3 } })).rejects.toMatchObject({ kind: 'conflict' });
      expect(await move(2, { expected: { version: 1 } })).toMatchObject({ version: 2 });
      expect(await moves()).toEqual([
        [1, 2],
        [null, 1],
      ]);
    });

    it('move only while an endpoint is as it is expected, where one is named', async () => {
      await threeVersions();
      const { endpoints } = context().store;
      const setTo = (version: number, expected: number) => {
        const traffic = [{ model: 'm', version, percent: 100 }];
        return endpoints.set({ name: 'e', traffic, updatedBy: 'ada' }, expected);
      };
      await setTo(2, 0);
      expect(await move(2, { endpoint: { name: 'e', generation: 1 } })).toMatchObject({ version: 2 });
      await setTo(1, 1);
      for (const to of [2, 3, null]) {
        await expect(move(to, { endpoint: { name: 'e', generation: 1 } })).rejects.toMatchObject({
          kind: 'conflict',
          message: expect.stringContaining("Endpoint 'e' is at generation 2, not 1"),
        });
      }
      await expect(move(3, { endpoint: { name: 'gone', generation: 1 } })).rejects.toMatchObject({ kind: 'conflict' });
      expect(await moves()).toEqual([[null, 2]]);
    });

    it('let one of many through that expect the same', async () => {
      await threeVersions();
      await move(1);
      const tried = await Promise.allSettled([
        move(2, { expected: { version: 1 } }),
        move(3, { expected: { version: 1 } }),
      ]);
      expect(tried.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
      expect(await moves()).toHaveLength(2);
    });

    it('are made once, however late a try of them comes', async () => {
      await threeVersions();
      const { registry } = context().store;
      expect(await registry.standing('m', 'champion')).toEqual({ version: null, lastMove: 0 });
      await move(1);
      await move(1, { alias: 'candidate' });
      const expected = await registry.standing('m', 'champion');
      expect(expected).toEqual({ version: 1, lastMove: 1 });
      expect(await move(2, { expected })).toMatchObject({ version: 2 });
      // Somebody moves it back. The version is what the late try expects, and yet it has no say any more.
      await move(1, { by: 'on-call' });
      for (const to of [2, 3, null]) {
        await expect(move(to, { expected })).rejects.toMatchObject({
          kind: 'conflict',
          message: expect.stringContaining('names version 1 again: another move came first'),
        });
      }
      expect(await registry.standing('m', 'champion')).toEqual({ version: 1, lastMove: 4 });
      expect((await registry.history('m')).items.map(({ to, alias }) => [alias, to])).toEqual([
        ['champion', 1],
        ['champion', 2],
        ['candidate', 1],
        ['champion', 1],
      ]);
    });

    it('are made once by tries that come at the same time, and the alias stands where its history says', async () => {
      await threeVersions();
      await move(1);
      const expected = await context().store.registry.standing('m', 'champion');
      const tried = await Promise.allSettled([2, 3, null, 2, 3].map((to) => move(to, { expected })));
      const made = tried.filter(({ status }) => status === 'fulfilled').length;
      expect(made).toBeGreaterThanOrEqual(1);
      expect(await moves()).toHaveLength(2);
      const [newest] = await moves();
      expect(await context().store.registry.standing('m', 'champion')).toEqual({ version: newest?.[1], lastMove: 2 });
    });

    it('cannot name a version that is not there', async () => {
      await threeVersions();
      await move(1);
      await expect(move(7)).rejects.toMatchObject({
        kind: 'notFound',
        message: expect.stringContaining('no version 7'),
      });
      expect(await context().store.registry.alias('m', 'champion')).toMatchObject({ version: 1 });
      expect(await moves()).toHaveLength(1);
    });

    it('are told apart by name and model', async () => {
      await threeVersions();
      await add('other', 'd1');
      await move(1);
      await move(2, { alias: 'candidate' });
      await move(1, { model: 'other' });
      const aliases = await context().store.registry.aliases('m');
      expect(aliases.map(({ alias, version }) => [alias, version])).toEqual([
        ['candidate', 2],
        ['champion', 1],
      ]);
    });

    it('have a history that is paged, newest first', async () => {
      const { registry } = context().store;
      await threeVersions();
      for (const version of [1, 2, 3]) await move(version);
      const first = await registry.history('m', { limit: 2 });
      await move(1);
      const rest = await registry.history('m', { limit: 2, cursor: first.cursor });
      expect([...first.items, ...rest.items].map(({ to }) => to)).toEqual([3, 2, 1]);
      await expect(registry.versions('m', { cursor: first.cursor })).rejects.toThrow('is no cursor of this list');
    });
  });
}
