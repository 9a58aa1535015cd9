import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Digest } from '../../ir/digest.ts';
import type { PayloadStore } from '../payloads/payload-store.ts';
import type { ArtifactStore } from './artifact-store.ts';
import {
  CONTENT_FAMILIES,
  type ContentFamily,
  type ContentKey,
  type ContentSweep,
  type Keep,
  type StoredContent,
} from './stored-content.ts';

/** An empty place, for one test. */
export interface SweepPlace {
  open(
    project: string,
    keep?: Keep,
  ): Promise<{ readonly artifacts: ArtifactStore; readonly payloads: PayloadStore; readonly sweep: ContentSweep }>;
  /** An empty folder outside of the stores. */
  readonly outside: string;
  remove(): Promise<void>;
}

/** What a collection may count on, of every place that keeps content. */
export function contentSweepSuite(driver: string, create: () => Promise<SweepPlace>): void {
  describe(`a sweep of ${driver}`, () => {
    let place: SweepPlace;
    let at: Awaited<ReturnType<SweepPlace['open']>>;
    beforeEach(async () => {
      place = await create();
      at = await place.open('default');
    });
    afterEach(() => place.remove());

    const putFile = async (text: string, into = at) => {
      await writeFile(join(place.outside, 'f'), text);
      return into.artifacts.put('file', join(place.outside, 'f'), {});
    };
    const putFolder = async (name: string, into = at) => {
      await mkdir(join(place.outside, name));
      await writeFile(join(place.outside, name, 'a.txt'), 'alpha');
      return into.artifacts.put('model', join(place.outside, name), {});
    };
    const all = async (family: ContentFamily) => {
      const found: StoredContent[] = [];
      for await (const part of at.sweep.list(family)) found.push(...part);
      return found;
    };
    const key = (family: ContentFamily, digest: string): ContentKey => ({ family, digest: digest as Digest });

    it('finds all that is kept, with its size and since when', async () => {
      const file = await putFile('hello');
      const folder = await putFolder('tree');
      const blob = await at.artifacts.putBlob(Buffer.from('blob'));
      const payload = await at.payloads.put(Buffer.from('payload'));
      await (await place.open('theirs')).payloads.put(Buffer.from('theirs'));
      expect(await all('files')).toContainEqual({
        ...key('files', file.digest),
        bytes: 5,
        storedAt: expect.any(Number),
      });
      expect(await all('folders')).toMatchObject([key('folders', folder.digest)]);
      expect((await all('blobs')).map(({ digest }) => digest).sort()).toEqual([blob, folder.digest].sort());
      expect(await all('payloads')).toMatchObject([{ ...key('payloads', payload), bytes: 7 }]);
      for (const family of CONTENT_FAMILIES) {
        for (const { storedAt } of await all(family)) expect(Math.abs(Date.now() - storedAt)).toBeLessThan(600_000);
      }
    });

    it('finds nothing in an empty place, and more than one page of much', async () => {
      expect(await all('blobs')).toEqual([]);
      const numbers = Array.from({ length: 1_100 }, (_, n) => n);
      const put = (n: number) => at.artifacts.putBlob(Buffer.from(`${n}`));
      for (let n = 0; n < numbers.length; n += 50) await Promise.all(numbers.slice(n, n + 50).map(put));
      const found = await all('blobs');
      expect(new Set(found.map(({ digest }) => digest)).size).toBe(1_100);
      await at.sweep.remove(found);
      expect(await all('blobs')).toEqual([]);
    });

    it('removes what it is told to and leaves the rest; what is gone is no mistake', async () => {
      const [file, other] = [await putFile('hello'), await putFile('other')];
      const folder = await putFolder('tree');
      const payload = await at.payloads.put(Buffer.from('payload'));
      const going = [key('files', file.digest), key('folders', folder.digest), key('payloads', payload)];
      await at.sweep.remove([...going, key('blobs', file.digest)]);
      await at.sweep.remove(going);
      expect(await at.artifacts.exists(file)).toBe(false);
      expect(await at.artifacts.exists(folder)).toBe(false);
      expect(await at.artifacts.exists(other)).toBe(true);
      await expect(at.payloads.get(payload)).rejects.toMatchObject({ kind: 'missing' });
      expect(await all('payloads')).toEqual([]);
    });

    it('leaves a place into which the same can be put again', async () => {
      const file = await putFile('hello');
      const folder = await putFolder('tree');
      await at.sweep.remove([...(await all('files')), ...(await all('folders')), ...(await all('blobs'))]);
      expect(await putFile('hello')).toEqual(file);
      expect(await putFolder('again')).toEqual(folder);
      expect(await at.artifacts.exists(folder)).toBe(true);
    });

    it('knows the files of a folder where they are kept apart: all of them are among the files', async () => {
      const folder = await putFolder('tree');
      const files = new Set((await all('files')).map(({ digest }) => digest));
      const members = await at.sweep.filesOf(folder.digest as Digest);
      expect([...files]).toEqual([...members]);
      await at.sweep.remove(await all('folders'));
      expect(await at.sweep.filesOf(folder.digest as Digest)).toEqual([]);
    });

    describe('while content is removed', () => {
      let leaving = new Set<string>();
      const asked: string[] = [];
      const keep: Keep = async (contents) => {
        asked.push(...contents.map(({ family, digest }) => `${family} ${digest}`));
        return !contents.some(({ digest }) => leaving.has(digest));
      };
      beforeEach(async () => {
        at = await place.open('default', keep);
        leaving = new Set();
        asked.length = 0;
      });

      it('it is said not to be there', async () => {
        const file = await putFile('hello');
        const blob = await at.artifacts.putBlob(Buffer.from('blob'));
        expect([await at.artifacts.exists(file), await at.artifacts.hasBlob(blob)]).toEqual([true, true]);
        leaving = new Set([file.digest, blob]);
        expect([await at.artifacts.exists(file), await at.artifacts.hasBlob(blob)]).toEqual([false, false]);
      });

      it('who puts it waits until it is gone, and writes it anew', async () => {
        const file = await putFile('hello');
        const folder = await putFolder('tree');
        const blob = await at.artifacts.putBlob(Buffer.from('blob'));
        const payload = await at.payloads.put(Buffer.from('payload'));
        const everything = async () => (await Promise.all(CONTENT_FAMILIES.map(all))).flat();
        leaving = new Set((await everything()).map(({ digest }) => digest));
        const puts = Promise.all([
          putFile('hello'),
          putFolder('again'),
          at.artifacts.putBlob(Buffer.from('blob')),
          at.payloads.put(Buffer.from('payload')),
        ]);
        await at.sweep.remove(await everything());
        leaving = new Set();
        expect(await puts).toEqual([file, folder, blob, payload]);
        expect([await at.artifacts.exists(file), await at.artifacts.exists(folder)]).toEqual([true, true]);
        expect(Buffer.from(await at.payloads.get(payload)).toString()).toBe('payload');
      });

      it('whoever puts asks for all that will be counted as put', async () => {
        await putFile('hello');
        await putFolder('tree');
        await at.payloads.put(Buffer.from('payload'));
        const stored = (await Promise.all(CONTENT_FAMILIES.map(all))).flat();
        for (const { family, digest } of stored) expect(asked).toContain(`${family} ${digest}`);
      });
    });
  });
}
