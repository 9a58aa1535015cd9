import type { ChildProcess } from 'node:child_process';
import {
  chmod,
  link,
  lstat,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  rm,
  stat,
  symlink,
  truncate,
  utimes,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { digestOfBytes } from '../../ir/digest.ts';
import { allLinesOf, exitOf, linesOf, startProgram } from '../testing/child-process.ts';
import type { PutLine, PutSettings } from '../testing/put-program.ts';
import { artifactStoreSuite } from './artifact-store.suite.ts';
import type { ArtifactStore } from './artifact-store.ts';
import { openFolderStore } from './folder-store.ts';

artifactStoreSuite('a folder', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'millrace-artifacts-'));
  await mkdir(join(folder, 'outside'));
  return {
    open: (project) => openFolderStore({ root: join(folder, 'root'), project }),
    outside: join(folder, 'outside'),
    remove: () => rm(folder, { recursive: true, force: true }),
  };
});

describe('a folder of artifacts', () => {
  let folder: string;
  let root: string;
  let store: ArtifactStore;
  const newScratch = async () => {
    const scratch = store.scratch();
    await mkdir(scratch);
    return scratch;
  };
  let children: ChildProcess[];
  beforeEach(async () => {
    children = [];
    folder = await mkdtemp(join(tmpdir(), 'millrace-folder-'));
    root = join(folder, 'root');
    store = await open();
  });
  afterEach(async () => {
    for (const child of children) child.kill('SIGKILL');
    await Promise.all(children.map(exitOf));
    await rm(folder, { recursive: true, force: true });
  });

  const open = () => openFolderStore({ root, project: 'default' });
  const inStore = (...names: string[]) => join(root, 'default', ...names);
  const write = async (name: string, content: string) => {
    await writeFile(join(folder, name), content);
    return join(folder, name);
  };
  /** Changes stored bytes as a broken disk or a careless user would. */
  const damage = async (path: string) => {
    await chmod(path, 0o644);
    await writeFile(path, 'damaged');
  };
  const startPut = (settings: Omit<PutSettings, 'root'>, limit?: string) => {
    const child = startProgram('./put-program.ts', { root, ...settings } satisfies PutSettings, {
      shellLimit: limit ?? '',
    });
    children.push(child);
    return child;
  };
  const filesBelow = async (path: string): Promise<string[]> =>
    (await readdir(path, { recursive: true, withFileTypes: true }))
      .filter((each) => each.isFile())
      .map(({ name }) => name);

  describe('damage', () => {
    it('is found when another process reads, and named', async () => {
      const ref = await store.put('model', await write('f', 'hello'), {});
      await damage(fileURLToPath(ref.uri));
      await expect((await open()).fetch(ref)).rejects.toMatchObject({
        kind: 'corrupt',
        message: expect.stringContaining(`Artifact ${ref.digest}`),
      });
    });

    it('is found after this process has read the content, if it changes size, time or inode', async () => {
      const ref = await store.put('model', await write('f', 'hello'), {});
      const path = await store.fetch(ref);
      await damage(path);
      await expect(store.fetch(ref)).rejects.toMatchObject({ kind: 'corrupt' });
    });

    it('is not looked for again while size, time and inode are as they were, so that reading twice costs once', async () => {
      const ref = await store.put('model', await write('f', 'hello'), {});
      const path = fileURLToPath(ref.uri);
      await chmod(path, 0o644);
      await utimes(path, 1_700_000_000, 1_700_000_000);
      await store.fetch(ref);
      await writeFile(path, 'HELLO');
      await utimes(path, 1_700_000_000, 1_700_000_000);
      await expect(store.fetch(ref)).resolves.toBe(path);
      await expect((await open()).fetch(ref)).rejects.toMatchObject({ kind: 'corrupt' });
    });

    it('by which a link took the place of content is refused', async () => {
      const ref = await store.put('model', await write('f', 'hello'), {});
      const path = await store.fetch(ref);
      await rm(path);
      await symlink(join(folder, 'f'), path);
      await expect(store.fetch(ref)).rejects.toMatchObject({ kind: 'unsafePath' });
    });

    it('in a folder is found: bytes changed, a file gone, a file more', async () => {
      await mkdir(join(folder, 'tree', 'deep'), { recursive: true });
      const source = join(folder, 'tree');
      const harms = [
        (path: string) => damage(join(path, 'deep', 'b')),
        (path: string) => rm(join(path, 'a')),
        (path: string) => writeFile(join(path, 'c'), 'more'),
      ];
      for (const [index, harm] of harms.entries()) {
        await writeFile(join(source, 'a'), `a${index}`);
        await writeFile(join(source, 'deep', 'b'), 'b');
        const ref = await store.put('dataset', source, {});
        await harm(await store.fetch(ref));
        await expect(store.fetch(ref)).rejects.toMatchObject({ kind: 'corrupt' });
      }
    });

    it('is mended by putting the same content again', async () => {
      const source = await write('f', 'hello');
      await mkdir(join(folder, 'tree'));
      await writeFile(join(folder, 'tree', 'a'), 'alpha');
      const file = await store.put('file', source, {});
      const tree = await store.put('dataset', join(folder, 'tree'), {});
      const blob = await store.putBlob(Buffer.from('bytes'));
      await damage(fileURLToPath(file.uri));
      await damage(join(fileURLToPath(tree.uri), 'a'));
      await damage(inStore('blobs', blob.slice(7, 9), blob.slice(9)));
      await expect(store.getBlob(blob)).rejects.toMatchObject({ kind: 'corrupt' });
      expect(await store.hasBlob(blob)).toBe(false);

      await store.put('file', source, {});
      await store.put('dataset', join(folder, 'tree'), {});
      await store.putBlob(Buffer.from('bytes'));
      expect(await readFile(await store.fetch(file), 'utf8')).toBe('hello');
      expect(await readFile(join(await store.fetch(tree), 'a'), 'utf8')).toBe('alpha');
      expect(Buffer.from(await store.getBlob(blob)).toString()).toBe('bytes');
      expect(await store.hasBlob(blob)).toBe(true);
      expect(await readdir(inStore('incoming'))).toEqual([]);
    });
  });

  describe('scratch', () => {
    it('is where put moves from', async () => {
      const scratch = await newScratch();
      await writeFile(join(scratch, 'f'), 'hello');
      const { ino } = await lstat(join(scratch, 'f'));
      const ref = await store.put('file', join(scratch, 'f'), {});
      expect(await readdir(scratch)).toEqual([]);
      expect((await lstat(await store.fetch(ref))).ino).toBe(ino);
    });

    it('is copied from when a file has another name outside, by which it could be changed', async () => {
      const scratch = await newScratch();
      const other = await write('f', 'hello');
      await link(other, join(scratch, 'f'));
      await mkdir(join(scratch, 'tree'));
      await link(other, join(scratch, 'tree', 'f'));
      const file = await store.put('file', join(scratch, 'f'), {});
      const tree = await store.put('dataset', join(scratch, 'tree'), {});
      await writeFile(other, 'HELLO');
      expect(await readFile(await store.fetch(file), 'utf8')).toBe('hello');
      expect(await readFile(join(await store.fetch(tree), 'f'), 'utf8')).toBe('hello');
    });

    it('of a link to it is not a way out of the store', async () => {
      await symlink(await newScratch(), join(folder, 'linked'));
      await writeFile(join(folder, 'linked', 'f'), 'hello');
      const ref = await store.put('file', join(folder, 'linked', 'f'), {});
      expect(await readFile(await store.fetch(ref), 'utf8')).toBe('hello');
    });
  });

  describe('leftovers', () => {
    it('of dead processes are removed on opening; those of living ones stay', async () => {
      const child = startPut({ source: await write('f', 'hello') });
      for await (const line of linesOf<PutLine>(child)) expect(line).toEqual({ digest: digestOfBytes('hello') });
      await exitOf(child);
      const mine = await newScratch();
      const name = mine.slice(dirname(mine).length + 1);
      const dead = name.replace(`-${process.pid}-`, `-${child.pid}-`);
      const earlier = name.replace(/-[0-9a-f]{8}-/, '-00000000-');
      await writeFile(inStore('incoming', dead), 'half');
      await mkdir(inStore('scratch', dead));
      await mkdir(inStore('scratch', earlier));
      await mkdir(inStore('scratch', 'other.host-1-00000000-x'));

      await open();
      expect(await readdir(inStore('incoming'))).toEqual([]);
      expect((await readdir(inStore('scratch'))).sort()).toEqual([name, 'other.host-1-00000000-x'].sort());
    });

    it('of a process killed while it copied count for nothing, and go', async () => {
      const source = join(folder, 'large');
      await writeFile(source, '');
      await truncate(source, 2 ** 31);
      const child = startPut({ source });
      const copied = async () => {
        const sizes = (await readdir(inStore('incoming'))).map((name) =>
          // A first try to clone the file leaves its name for a moment only.
          stat(inStore('incoming', name)).then(
            ({ size }) => size,
            () => 0,
          ),
        );
        return Math.max(0, ...(await Promise.all(sizes)));
      };
      while ((await copied()) === 0) await setTimeout(1);
      child.kill('SIGKILL');
      expect(await exitOf(child)).toBe('SIGKILL');
      expect(await filesBelow(inStore('files'))).toEqual([]);
      await open();
      expect(await filesBelow(inStore())).toEqual([]);
    });

    it('that are half written count for nothing', async () => {
      await writeFile(inStore('incoming', 'other.host-1-00000000-x'), 'hel');
      const ref = await store.put('file', await write('f', 'hello'), {});
      expect(await readFile(await store.fetch(ref), 'utf8')).toBe('hello');
      expect(await filesBelow(inStore('files'))).toHaveLength(1);
    });
  });

  describe.runIf(process.platform === 'linux')('a full disk', () => {
    // The kernel refuses to let a file of this process grow further, as a full disk would.
    const limit = 'ulimit -f 64';

    it('refuses a file and leaves nothing of it behind', async () => {
      const source = await write('f', 'x'.repeat(1 << 20));
      const child = startPut({ source }, limit);
      expect(await allLinesOf<PutLine>(child)).toMatchObject([
        { kind: 'noSpace', message: expect.stringContaining('Make room') },
      ]);
      expect(await filesBelow(inStore())).toEqual([]);
      expect((await stat(source)).size).toBe(1 << 20);
    });

    it('refuses a blob and leaves nothing of it behind', async () => {
      const child = startPut({ source: '', blobBytes: 1 << 20 }, limit);
      expect(await allLinesOf<PutLine>(child)).toMatchObject([{ kind: 'noSpace' }]);
      expect(await filesBelow(inStore())).toEqual([]);
    });
  });

  it('takes one content from several processes at once', async () => {
    const source = await write('f', 'x'.repeat(1 << 20));
    const told = await Promise.all([1, 2, 3].map(() => allLinesOf<PutLine>(startPut({ source }))));
    expect(told).toEqual(told.map(() => [{ digest: digestOfBytes('x'.repeat(1 << 20)) }]));
    expect(await filesBelow(inStore())).toHaveLength(1);
  });

  it('is the same folder by whatever name it is opened', async () => {
    await symlink(root, join(folder, 'alias'));
    const alias = await openFolderStore({ root: join(folder, 'alias'), project: 'default' });
    const ref = await alias.put('file', await write('f', 'hello'), {});
    expect(await store.fetch(ref)).toBe(fileURLToPath(ref.uri));
  });

  it('cannot be opened for a project that leads out of it', async () => {
    await expect(openFolderStore({ root, project: '..' })).rejects.toThrow("'..' cannot name a project");
  });
});
