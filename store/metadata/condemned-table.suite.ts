import { describe, expect, it } from 'vitest';
import { digestOfBytes } from '../../ir/digest.ts';
import type { ContentFamily, StoredContent } from '../artifacts/stored-content.ts';
import type { SuiteContext } from './metadata-store.suite.ts';

const content = (name: string, family: ContentFamily = 'files'): StoredContent => ({
  ...{ family, digest: digestOfBytes(name), bytes: 5, storedAt: 1 },
});
const key = (name: string, family: ContentFamily = 'files') => ({ family, digest: digestOfBytes(name) });

export function condemnedTableSuite(context: () => SuiteContext): void {
  describe('condemned content', () => {
    const lease = { condemnedBefore: 20, now: 100, until: 200 };

    it('keeps the time since when it is, however often it is said', async () => {
      const { condemned } = context().store;
      await condemned.condemn([content('a'), content('a', 'blobs')], 10);
      await condemned.condemn([content('a'), content('b')], 30);
      expect(new Set(await condemned.list())).toEqual(
        new Set([
          { ...key('a'), bytes: 5, condemnedAt: 10 },
          { ...key('a', 'blobs'), bytes: 5, condemnedAt: 10 },
          { ...key('b'), bytes: 5, condemnedAt: 30 },
        ]),
      );
    });

    it('is acquitted by whoever asks for it, and by nobody else', async () => {
      const { condemned } = context().store;
      await condemned.condemn([content('a'), content('a', 'blobs'), content('b')], 10);
      expect(await condemned.keep([key('a'), key('never')], 50)).toBe(true);
      expect((await condemned.list()).map(({ family, digest }) => ({ family, digest }))).toEqual(
        expect.arrayContaining([key('a', 'blobs'), key('b')]),
      );
      expect(await condemned.take([key('a'), key('b')], lease)).toEqual([key('b')]);
    });

    it('is taken once it was condemned for long enough, by one removal', async () => {
      const { condemned } = context().store;
      await condemned.condemn([content('old')], 10);
      await condemned.condemn([content('young')], 20);
      expect(await condemned.take([key('old'), key('young'), key('never')], lease)).toEqual([key('old')]);
      expect(await condemned.take([key('old')], { ...lease, until: 201 })).toEqual([]);
    });

    it('is not there while it is removed, and forgotten when it is gone', async () => {
      const { condemned } = context().store;
      await condemned.condemn([content('a'), content('b')], 10);
      await condemned.take([key('a')], lease);
      expect(await condemned.keep([key('a'), key('b')], 150)).toBe(false);
      await condemned.gone([key('a')], 999);
      expect(await condemned.keep([key('a')], 150)).toBe(false);
      await condemned.gone([key('a')], 200);
      expect(await condemned.keep([key('a')], 150)).toBe(true);
      expect(await condemned.list()).toEqual([]);
    });

    it('of a removal that never ended may be taken again, and put again, when its lease is over', async () => {
      const { condemned } = context().store;
      await condemned.condemn([content('a'), content('b')], 10);
      await condemned.take([key('a'), key('b')], lease);
      expect(await condemned.keep([key('a')], 200)).toBe(true);
      expect(await condemned.take([key('a'), key('b')], { ...lease, now: 200, until: 300 })).toEqual([key('b')]);
    });

    it('is that of one project, and as much as there may be', async () => {
      const { store, open } = context();
      const many = Array.from({ length: 1_200 }, (_, n) => content(`${n}`));
      await store.condemned.condemn(many, 10);
      const theirs = await open('theirs');
      expect(await theirs.condemned.list()).toEqual([]);
      expect(await theirs.condemned.keep(many, 50)).toBe(true);
      expect(await store.condemned.take(many, lease)).toHaveLength(1_200);
      expect(await store.condemned.keep(many, 150)).toBe(false);
    });
  });
}
