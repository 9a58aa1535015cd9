import { describe, expect, it } from 'vitest';
import type { SuiteContext } from './metadata-store.suite.ts';
import type { StoredSecret } from './secret-table.ts';

export function storedSecret(name: string, version: number, setBy = 'ada'): StoredSecret {
  return { name, version, keyId: 'k1', nonce: 'bm9uY2U=', sealed: `sealed ${version}`, setAt: 7, setBy };
}

export function secretTableSuite(context: () => SuiteContext): void {
  describe('secrets', () => {
    it('are kept in versions, of which the newest or one is asked for', async () => {
      const { secrets } = context().store;
      expect([await secrets.get('k', null), await secrets.lastVersion('k')]).toEqual([null, 0]);
      await secrets.add(storedSecret('k', 1));
      await secrets.add(storedSecret('k', 2, 'eve'));
      expect(await secrets.get('k', null)).toEqual(storedSecret('k', 2, 'eve'));
      expect(await secrets.get('k', 1)).toEqual(storedSecret('k', 1));
      expect([await secrets.get('k', 3), await secrets.lastVersion('k')]).toEqual([null, 2]);
    });

    it('have each number once', async () => {
      const { secrets } = context().store;
      const added = await Promise.all(['x', 'y', 'z'].map((by) => secrets.add(storedSecret('k', 1, by))));
      expect(added.filter((each) => each !== null)).toHaveLength(1);
    });

    it('are listed without what is sealed', async () => {
      const { secrets } = context().store;
      for (const [name, version] of [
        ['b', 1],
        ['a', 1],
        ['b', 2],
      ] as const)
        await secrets.add(storedSecret(name, version));
      const listed = await secrets.list();
      expect(listed.map(({ name, version }) => [name, version])).toEqual([
        ['a', 1],
        ['b', 2],
        ['b', 1],
      ]);
      expect(JSON.stringify(listed)).not.toMatch(/sealed|nonce/);
    });

    it('are sealed anew together: not those that were deleted, or changed since', async () => {
      const { secrets } = context().store;
      for (const [name, version] of [
        ['a', 1],
        ['a', 2],
        ['b', 1],
      ] as const)
        await secrets.add(storedSecret(name, version));
      await secrets.add({ ...storedSecret('c', 1), nonce: 'newer' });
      await secrets.delete('b', 'eve');
      expect((await secrets.all()).map(({ name, version }) => `${name}@${version}`)).toEqual(['a@2', 'a@1', 'c@1']);
      const under = { keyId: 'k2', nonce: 'other', sealed: 'anew', before: storedSecret('a', 1).nonce };
      await secrets.reseal(['a', 'b', 'c'].map((name) => ({ name, version: 1, ...under })));
      const { before: _, ...anew } = under;
      expect(await secrets.get('a', 1)).toEqual({ ...storedSecret('a', 1), ...anew });
      expect(await secrets.get('a', 2)).toEqual(storedSecret('a', 2));
      expect([await secrets.get('b', 1), (await secrets.get('c', 1))?.keyId]).toEqual([null, 'k1']);
      await secrets.reseal([]);
    });

    it('are gone when they are deleted, but for their numbers', async () => {
      const { secrets } = context().store;
      await secrets.add(storedSecret('k', 1));
      await secrets.delete('k', 'eve');
      expect([await secrets.get('k', null), await secrets.get('k', 1), await secrets.list()]).toEqual([null, null, []]);
      expect(await secrets.lastVersion('k')).toBe(1);
      await expect(secrets.delete('k', 'eve')).rejects.toMatchObject({ kind: 'notFound' });
    });
  });
}
