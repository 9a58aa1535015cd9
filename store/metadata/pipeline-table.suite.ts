import { describe, expect, it } from 'vitest';
import type { SuiteContext } from './metadata-store.suite.ts';

export function pipelineTableSuite(context: () => SuiteContext): void {
  describe('pipelines', () => {
    const submit = (pipeline: string, compiledDigest: string) =>
      context().store.pipelines.add({
        pipeline,
        compiledDigest,
        irDigest: `ir of ${compiledDigest}`,
        submittedBy: 'ada',
      });

    it('counts versions up by pipeline', async () => {
      expect(await submit('a', 'd1')).toMatchObject({ version: 1, submittedBy: 'ada', irDigest: 'ir of d1' });
      expect(await submit('a', 'd2')).toMatchObject({ version: 2 });
      expect(await submit('b', 'd3')).toMatchObject({ version: 1 });
    });

    it('gives the same digest the version it has', async () => {
      const first = await submit('a', 'd1');
      await submit('a', 'd2');
      expect(await submit('a', 'd1')).toEqual(first);
    });

    it('numbers without gaps or doubles when many submit at once', async () => {
      const added = await Promise.all(Array.from({ length: 20 }, (_, index) => submit('a', `d${index}`)));
      expect(added.map(({ version }) => version).sort((left, right) => left - right)).toEqual(
        Array.from({ length: 20 }, (_, index) => index + 1),
      );
    });

    it('finds by version, newest and digest', async () => {
      const { pipelines } = context().store;
      const first = await submit('a', 'd1');
      const second = await submit('a', 'd2');
      expect(await pipelines.get('a', 1)).toEqual(first);
      expect(await pipelines.get('a', 'latest')).toEqual(second);
      expect(await pipelines.get('a', 3)).toBeNull();
      expect(await pipelines.get('b', 'latest')).toBeNull();
      expect(await pipelines.byDigest('d1')).toEqual(first);
      expect(await pipelines.byDigest('d9')).toBeNull();
    });

    it('pages through the newest version of each by name', async () => {
      const { pipelines } = context().store;
      for (const [pipeline, digest] of ['b1', 'c2', 'a3', 'c4', 'b5', 'b6'].map((digest) => [digest.charAt(0), digest]))
        await submit(pipeline ?? '', digest ?? '');
      const first = await pipelines.newest({ limit: 2 });
      const rest = await pipelines.newest({ limit: 2, cursor: first.cursor });
      const told = [first, rest].map(({ items }) =>
        items.map((each) => [each.pipeline, each.version, each.compiledDigest]),
      );
      expect(told).toEqual([
        [
          ['a', 1, 'a3'],
          ['b', 3, 'b6'],
        ],
        [['c', 2, 'c4']],
      ]);
      expect(rest.cursor).toBeNull();
    });

    it('pages through all, or through one pipeline', async () => {
      const { pipelines } = context().store;
      for (const digest of ['d1', 'd2', 'd3']) await submit('a', digest);
      await submit('b', 'd4');
      const first = await pipelines.list({ pipeline: 'a', limit: 2 });
      expect(first.items.map(({ version }) => version)).toEqual([3, 2]);
      const rest = await pipelines.list({ pipeline: 'a', limit: 2, cursor: first.cursor });
      expect(rest.items.map(({ version }) => version)).toEqual([1]);
      expect(rest.cursor).toBeNull();
      expect((await pipelines.list()).items).toHaveLength(4);
    });
  });
}
