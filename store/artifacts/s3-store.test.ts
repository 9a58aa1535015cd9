import { createHash, randomBytes } from 'node:crypto';
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { digestOfBytes } from '../../ir/digest.ts';
import { canonicalJson } from '../../ir/json.ts';
import { NO_S3, onS3, useS3 } from '../testing/s3-places.ts';
import { artifactStoreSuite } from './artifact-store.suite.ts';
import type { ArtifactStore } from './artifact-store.ts';
import { type Bucket, openBucket } from './s3/bucket.ts';
import { keyOf } from './s3/object-keys.ts';
import type { S3Place } from './s3/s3-place.ts';
import { openS3Store } from './s3-store.ts';

describe.skipIf(NO_S3 !== null)(onS3, () => {
  const s3 = useS3();
  let folder: string;
  let place: S3Place;
  let bucket: Bucket;
  let machines = 0;
  const openPlace = async () => {
    folder = await mkdtemp(join(tmpdir(), 'millrace-s3-store-'));
    await mkdir(join(folder, 'outside'));
    place = await s3.newPlace();
    bucket = await openBucket({ place });
  };
  const closePlace = async () => {
    bucket.close();
    await rm(folder, { recursive: true, force: true });
  };
  /** A store with a cache of its own, as another machine has. */
  const openElsewhere = (project = 'default', bytes = 1 << 30) =>
    openS3Store({ bucket, project, cache: { root: join(folder, `machine-${++machines}`), bytes } });

  artifactStoreSuite('S3, on one machine', async () => {
    await openPlace();
    const cache = { root: join(folder, 'cache'), bytes: 1 << 30 };
    const open = (project: string) => openS3Store({ bucket, project, cache });
    return { open, outside: join(folder, 'outside'), remove: closePlace };
  });

  artifactStoreSuite('S3, written on one machine and read on another', async () => {
    await openPlace();
    const open = async (project: string): Promise<ArtifactStore> => {
      const [writer, reader] = [await openElsewhere(project), await openElsewhere(project)];
      return { ...reader, put: writer.put, putBlob: writer.putBlob, scratch: writer.scratch };
    };
    return { open, outside: join(folder, 'outside'), remove: closePlace };
  });

  describe('artifacts in a bucket', () => {
    let store: ArtifactStore;
    beforeEach(async () => {
      await openPlace();
      store = await openElsewhere();
    });
    afterEach(closePlace);

    const write = async (name: string, content: string | Buffer) => {
      await writeFile(join(folder, 'outside', name), content);
      return join(folder, 'outside', name);
    };
    const objectAt = (uri: string) => s3.server().pathOf(place.bucket, uri.slice(`s3://${place.bucket}/`.length));

    it('are below prefix and project, under their digest', async () => {
      const { uri, digest } = await store.put('file', await write('f', 'hello'), {});
      const hex = digest.slice('sha256:'.length);
      expect(uri).toBe(`s3://${place.bucket}/a/b/default/files/${hex.slice(0, 2)}/${hex.slice(2)}`);
      expect(await readFile(objectAt(uri), 'utf8')).toBe('hello');
    });

    it('of many pieces come back the same', async () => {
      const content = randomBytes(20_000_001);
      const ref = await store.put('dataset', await write('large', content), {});
      expect(ref.digest).toBe(`sha256:${createHash('sha256').update(content).digest('hex')}`);
      expect(content.equals(await readFile(await (await openElsewhere()).fetch(ref)))).toBe(true);
    });

    it('are written once: an object that is there stays as it is', async () => {
      const source = await write('large', Buffer.alloc(9 << 20, 'x'));
      const { uri } = await store.put('dataset', source, {});
      // Of the same size, so that only a second upload would mend it.
      await writeFile(objectAt(uri), Buffer.alloc(9 << 20, 'y'));
      await store.put('dataset', source, {});
      expect((await readFile(objectAt(uri))).at(-1)).toBe('y'.charCodeAt(0));
    });

    it('that are gone or were changed are named, object by object, with what to do', async () => {
      await mkdir(join(folder, 'outside', 'tree'));
      await writeFile(join(folder, 'outside', 'tree', 'a'), 'alpha');
      await writeFile(join(folder, 'outside', 'tree', 'b'), 'beta');
      const tree = await store.put('dataset', join(folder, 'outside', 'tree'), {});
      const alpha = await store.put('file', join(folder, 'outside', 'tree', 'a'), {});
      await writeFile(objectAt(alpha.uri), 'omega');
      const harmed = `Artifact ${alpha.digest} at ${alpha.uri} was changed: its digest is ${digestOfBytes('omega')}.`;
      for (const ref of [tree, alpha]) {
        const elsewhere = await openElsewhere();
        const error = await elsewhere.fetch(ref).catch((thrown: unknown) => thrown);
        expect(error).toMatchObject({
          kind: 'corrupt',
          message: expect.stringContaining(`${harmed} Remove that object`),
        });
      }
      await rm(objectAt(alpha.uri));
      await expect((await openElsewhere()).fetch(tree)).rejects.toMatchObject({
        kind: 'missing',
        message: expect.stringContaining(`Artifact ${alpha.digest} is not at ${alpha.uri}`),
      });
      expect(await store.exists(alpha)).toBe(false);
    });

    it('that were lost, or cut short, are mended by putting them again, from the cache of whoever has them', async () => {
      const source = await write('f', 'hello');
      const ref = await store.put('file', source, {});
      const blob = await store.putBlob(Buffer.from('bytes'));
      const blobObject = s3.server().pathOf(place.bucket, keyOf(place, 'default', 'blobs', blob));
      await truncate(objectAt(ref.uri), 2);
      await writeFile(blobObject, 'BYTES');
      await expect(store.getBlob(blob)).rejects.toMatchObject({ kind: 'corrupt' });
      expect(await store.hasBlob(blob)).toBe(false);
      await store.put('file', source, {});
      await store.putBlob(Buffer.from('bytes'));
      expect(await readFile(await (await openElsewhere()).fetch(ref), 'utf8')).toBe('hello');
      expect(Buffer.from(await store.getBlob(blob)).toString()).toBe('bytes');
    });

    it('whose copy here was damaged are brought again', async () => {
      const ref = await store.put('model', await write('f', 'hello'), {});
      const elsewhere = await openElsewhere();
      const path = await elsewhere.fetch(ref);
      await chmod(path, 0o644);
      await writeFile(path, 'HELLO');
      expect(await readFile(await elsewhere.fetch(ref), 'utf8')).toBe('hello');
    });

    it('of another bucket or prefix are refused, and paths that climb', async () => {
      const { digest, uri } = await store.put('file', await write('f', 'hello'), {});
      for (const wrong of [
        uri.replace(place.bucket, 'other'),
        uri.replace('/a/b/', '/a/c/'),
        uri.replace('/a/b/', '/a/b/../b/'),
        uri.replace('/default/', '/theirs/'),
        `${uri}?versionId=1`,
      ]) {
        await expect(store.fetch({ digest, uri: wrong })).rejects.toMatchObject({
          kind: 'unsafePath',
          message: expect.stringContaining(`project 'default' in s3://${place.bucket}/a/b`),
        });
      }
    });

    it('with a manifest that climbs out of its folder are refused', async () => {
      const inside = await store.put('file', await write('f', 'hello'), {});
      const manifest = canonicalJson([{ path: '../../evil', digest: inside.digest, size: 5 }]);
      const digest = digestOfBytes(manifest);
      const key = keyOf(place, 'default', 'folders', digest);
      await mkdir(join(s3.server().pathOf(place.bucket, key), '..'), { recursive: true });
      await writeFile(s3.server().pathOf(place.bucket, key), manifest);
      const ref = { digest, uri: `s3://${place.bucket}/${key}` };
      await expect(store.fetch(ref)).rejects.toMatchObject({ kind: 'unsafePath' });
      expect(await readdir(folder, { recursive: true })).not.toContainEqual(expect.stringContaining('evil'));
    });

    it('fill a cache of any bound, and are there all the same while they are in use', async () => {
      const bounded = await openElsewhere('default', 0);
      const over = new AbortController();
      const refs = await Promise.all(
        ['one', 'two', 'three'].map(async (text) => bounded.put('file', await write(text, text), {})),
      );
      const paths = await Promise.all(refs.map((ref) => bounded.fetch(ref, over.signal)));
      const texts = await Promise.all(paths.map((path) => readFile(path, 'utf8')));
      expect(texts).toEqual(['one', 'two', 'three']);
      over.abort();
    });
  });
});
