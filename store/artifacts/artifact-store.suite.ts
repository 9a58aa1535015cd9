import { lstat, mkdir, readdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { digestOfBytes, digestOfJson } from '../../ir/digest.ts';
import type { ArtifactStore } from './artifact-store.ts';

/** An empty place for stores, for one test. */
export interface ArtifactPlace {
  /** May be called several times: the stores share the place. */
  open(project: string): Promise<ArtifactStore>;
  /** An empty folder outside of the stores. */
  readonly outside: string;
  remove(): Promise<void>;
}

/** What every driver of the artifact port must do. */
export function artifactStoreSuite(driver: string, create: () => Promise<ArtifactPlace>): void {
  describe(`artifact store on ${driver}`, () => {
    let place: ArtifactPlace;
    let store: ArtifactStore;
    beforeEach(async () => {
      place = await create();
      store = await place.open('default');
    });
    afterEach(() => place.remove());

    const outside = (name: string) => join(place.outside, name);
    const writeTree = async (root: string) => {
      await mkdir(join(root, 'deep', 'er'), { recursive: true });
      await mkdir(join(root, 'empty'));
      await writeFile(join(root, 'b.bin'), Buffer.from([0, 255, 10]));
      await writeFile(join(root, 'a.txt'), 'alpha');
      await writeFile(join(root, 'deep', 'er', 'ç.txt'), 'gamma');
    };
    const entry = (path: string, content: string | Buffer) => ({
      ...{ path, digest: digestOfBytes(content), size: Buffer.byteLength(content) },
    });
    const manifest = [
      entry('a.txt', 'alpha'),
      entry('b.bin', Buffer.from([0, 255, 10])),
      entry('deep/er/ç.txt', 'gamma'),
    ];

    describe('files', () => {
      it('are known by the sha-256 of their bytes, and come back the same', async () => {
        await writeFile(outside('f'), 'hello');
        const ref = await store.put('report', outside('f'), { title: 'T' });
        expect(ref).toMatchObject({
          artifact: 'report',
          digest: digestOfBytes('hello'),
          size: 5,
          metadata: { title: 'T' },
        });
        expect(await readFile(await store.fetch(ref), 'utf8')).toBe('hello');
        expect(await store.exists(ref)).toBe(true);
      });

      it('may be empty, or larger than any buffer', async () => {
        const large = Buffer.alloc(5 << 20, 'millrace');
        await writeFile(outside('empty'), '');
        await writeFile(outside('large'), large);
        const empty = await store.put('file', outside('empty'), {});
        expect(empty).toMatchObject({ size: 0, digest: digestOfBytes('') });
        expect((await lstat(await store.fetch(empty))).size).toBe(0);
        const ref = await store.put('file', outside('large'), {});
        expect(ref).toMatchObject({ size: large.length, digest: digestOfBytes(large) });
        expect(large.equals(await readFile(await store.fetch(ref)))).toBe(true);
      });

      it('leave their source alone, and later writes to it change nothing', async () => {
        await writeFile(outside('f'), 'hello');
        const ref = await store.put('file', outside('f'), {});
        await writeFile(outside('f'), 'HELLO');
        expect(await readFile(await store.fetch(ref), 'utf8')).toBe('hello');
      });

      it('are stored once, and each put gives its own metadata', async () => {
        await writeFile(outside('f'), 'hello');
        await writeFile(outside('g'), 'hello');
        const first = await store.put('file', outside('f'), { n: 1 });
        const second = await store.put('dataset', outside('g'), { n: 2 });
        expect(second).toEqual({ ...first, artifact: 'dataset', metadata: { n: 2 } });
      });

      it('are fetched read-only', async () => {
        await writeFile(outside('f'), 'hello');
        const path = await store.fetch(await store.put('file', outside('f'), {}));
        expect((await lstat(path)).mode & 0o222).toBe(0);
      });

      it('can be put by several stores at once', async () => {
        const stores = await Promise.all(Array.from({ length: 8 }, () => place.open('default')));
        await writeFile(outside('f'), 'hello');
        const refs = await Promise.all(stores.map((each) => each.put('file', outside('f'), {})));
        expect(new Set(refs.map(({ uri }) => uri)).size).toBe(1);
        for (const ref of refs) expect(await readFile(await store.fetch(ref), 'utf8')).toBe('hello');
      });
    });

    describe('folders', () => {
      it('are known by their manifest, and come back with all their files', async () => {
        await writeTree(outside('tree'));
        const ref = await store.put('dataset', outside('tree'), {});
        expect(ref).toMatchObject({ digest: digestOfJson(manifest), size: 13 });
        const path = await store.fetch(ref);
        expect(await readFile(join(path, 'deep', 'er', 'ç.txt'), 'utf8')).toBe('gamma');
        expect(await readFile(join(path, 'b.bin'))).toEqual(Buffer.from([0, 255, 10]));
        expect((await lstat(join(path, 'a.txt'))).mode & 0o222).toBe(0);
      });

      it('have their manifest for a blob, so that their files can be listed without them', async () => {
        await writeTree(outside('tree'));
        const { digest } = await store.put('dataset', outside('tree'), {});
        expect(JSON.parse(Buffer.from(await store.getBlob(digest as `sha256:${string}`)).toString())).toEqual(manifest);
      });

      it('are another thing than a file with the text of their manifest', async () => {
        await writeFile(outside('f'), 'alpha');
        await mkdir(outside('tree'));
        await writeFile(outside('tree/a.txt'), 'alpha');
        const folder = await store.put('dataset', outside('tree'), {});
        await writeFile(outside('m'), await store.getBlob(folder.digest as `sha256:${string}`));
        const file = await store.put('file', outside('m'), {});
        expect(file.digest).toBe(folder.digest);
        expect((await lstat(await store.fetch(folder))).isDirectory()).toBe(true);
        expect((await lstat(await store.fetch(file))).isFile()).toBe(true);
      });

      it('may hold nothing', async () => {
        await mkdir(outside('tree'));
        const ref = await store.put('dataset', outside('tree'), {});
        expect(ref).toMatchObject({ digest: digestOfJson([]), size: 0 });
        expect(await readdir(await store.fetch(ref))).toEqual([]);
      });

      it('can be put by several stores at once', async () => {
        const stores = await Promise.all(Array.from({ length: 8 }, () => place.open('default')));
        await writeTree(outside('tree'));
        const refs = await Promise.all(stores.map((each) => each.put('dataset', outside('tree'), {})));
        expect(new Set(refs.map(({ uri }) => uri)).size).toBe(1);
        expect(await readFile(join(await store.fetch(refs[0] ?? never()), 'a.txt'), 'utf8')).toBe('alpha');
      });
    });

    describe('what cannot be stored', () => {
      it('is a link, by itself or in a folder', async () => {
        await writeFile(outside('secret'), 'hello');
        await mkdir(outside('tree'));
        await symlink(outside('secret'), outside('tree/link'));
        await symlink(outside('secret'), outside('link'));
        await symlink(outside('tree'), outside('linked-tree'));
        for (const source of ['link', 'tree', 'linked-tree']) {
          await expect(store.put('file', outside(source), {})).rejects.toMatchObject({ kind: 'unsafePath' });
        }
      });

      it('is what is not there', async () => {
        await expect(store.put('file', outside('nothing'), {})).rejects.toMatchObject({
          kind: 'missing',
          message: expect.stringContaining(outside('nothing')),
        });
      });
    });

    describe('scratch folders', () => {
      it('are another each time, and made by whoever needs one', async () => {
        const [one, two] = [store.scratch(), store.scratch()];
        expect(one).not.toBe(two);
        await expect(readdir(one)).rejects.toThrow('ENOENT');
        await mkdir(one);
      });

      it('hold what put takes in, files and folders', async () => {
        const scratch = store.scratch();
        await mkdir(scratch);
        await writeFile(join(scratch, 'f'), 'hello');
        await writeTree(join(scratch, 'tree'));
        const file = await store.put('file', join(scratch, 'f'), {});
        const folder = await store.put('dataset', join(scratch, 'tree'), {});
        expect(await readFile(await store.fetch(file), 'utf8')).toBe('hello');
        expect(folder.digest).toBe(digestOfJson(manifest));
        expect(await readFile(join(await store.fetch(folder), 'a.txt'), 'utf8')).toBe('alpha');
        expect((await lstat(await store.fetch(file))).mode & 0o222).toBe(0);
      });
    });

    describe('references', () => {
      it('of what was never put are missing', async () => {
        await writeFile(outside('f'), 'hello');
        const ref = await store.put('file', outside('f'), {});
        const other = digestOfBytes('other');
        const uri = ref.uri
          .replace(hex(ref.digest).slice(0, 2), hex(other).slice(0, 2))
          .replace(hex(ref.digest).slice(2), hex(other).slice(2));
        await expect(store.fetch({ digest: other, uri })).rejects.toMatchObject({
          kind: 'missing',
          message: expect.stringContaining(other),
        });
        expect(await store.exists({ digest: other, uri })).toBe(false);
      });

      it('to anything but stored content are refused', async () => {
        await writeFile(outside('f'), 'hello');
        const { digest, uri } = await store.put('file', outside('f'), {});
        const outsideUri = new URL(`file://${outside('f')}`).href;
        for (const wrong of [
          { digest, uri: outsideUri },
          { digest, uri: `${uri}/../../../x` },
          { digest, uri: 'https://example.com/f' },
          { digest: digestOfBytes('other'), uri },
          { digest: 'sha256:../../x', uri },
        ]) {
          await expect(store.fetch(wrong)).rejects.toMatchObject({ kind: 'unsafePath' });
        }
      });

      it('of another project are refused', async () => {
        const theirs = await place.open('theirs');
        await writeFile(outside('f'), 'hello');
        const ref = await theirs.put('file', outside('f'), {});
        await expect(store.fetch(ref)).rejects.toMatchObject({ kind: 'unsafePath' });
        expect(await store.hasBlob(await theirs.putBlob(Buffer.from('b')))).toBe(false);
      });
    });

    describe('blobs', () => {
      it('come back the same, by digest', async () => {
        const bytes = Buffer.from([0, 1, 255]);
        const digest = await store.putBlob(bytes);
        expect(digest).toBe(digestOfBytes(bytes));
        expect(await store.putBlob(bytes)).toBe(digest);
        expect(bytes.equals(await store.getBlob(digest))).toBe(true);
        expect(await store.hasBlob(digest)).toBe(true);
      });

      it('are missing until they are put', async () => {
        const digest = digestOfBytes('never');
        expect(await store.hasBlob(digest)).toBe(false);
        await expect(store.getBlob(digest)).rejects.toMatchObject({ kind: 'missing' });
      });

      it('can be put many at once, the same too', async () => {
        const digests = await Promise.all(
          Array.from({ length: 50 }, (_, n) => store.putBlob(Buffer.from(`${n % 10}`))),
        );
        expect(new Set(digests).size).toBe(10);
        for (const digest of digests) expect(digestOfBytes(await store.getBlob(digest))).toBe(digest);
      });
    });
  });
}

const hex = (digest: string) => digest.slice('sha256:'.length);

function never(): never {
  throw new Error('There is always one.');
}
