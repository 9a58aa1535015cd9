import { chmod, mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { digestOfBytes, digestOfJson } from '../../../ir/digest.ts';
import { ArtifactError } from '../artifact-store.ts';
import { temporaryName } from '../folder/leftovers.ts';
import { type Content, type ContentCache, type ContentSource, openContentCache } from './content-cache.ts';

describe('a cache of content', () => {
  let root: string;
  let brought: string[];
  beforeEach(async () => {
    root = await mkdtemp(join(tmpdir(), 'millrace-cache-'));
    brought = [];
  });
  afterEach(() => rm(root, { recursive: true, force: true }));

  const open = (bytes: number) => openContentCache({ root, project: 'default', bytes });
  const fileOf = (text: string): Content => ({ kind: 'file', digest: digestOfBytes(text) });
  const bringing = (text: string, written = text): ContentSource => ({
    async bring(target) {
      brought.push(text);
      await writeFile(target, written);
    },
    changed: async (_target, found) => new ArtifactError('corrupt', `It is ${found}.`),
  });
  const fetched = (cache: ContentCache, text: string, until?: AbortSignal) =>
    cache.fetch(fileOf(text), bringing(text), until);
  /** Fetches, and lets go. */
  const used = async (cache: ContentCache, text: string) => {
    const over = new AbortController();
    const path = await fetched(cache, text, over.signal);
    over.abort();
    // What is used later has to have a later time.
    await delay(20);
    return path;
  };
  const isThere = (path: string) =>
    stat(path).then(
      () => true,
      () => false,
    );
  const untilGone = async (path: string) => {
    while (await isThere(path)) await delay(5);
  };

  it('has nothing brought twice that it has, by whichever process', async () => {
    const path = await used(await open(1_000), 'alpha');
    expect(await readFile(path, 'utf8')).toBe('alpha');
    expect((await stat(path)).mode & 0o222).toBe(0);
    const other = await open(1_000);
    await Promise.all([fetched(other, 'alpha'), fetched(other, 'beta'), fetched(other, 'beta')]);
    expect(brought).toEqual(['alpha', 'beta']);
  });

  it('lets go of what was longest unused, and of no more than it has to', async () => {
    const cache = await open(10);
    const one = await used(cache, '1111');
    const two = await used(cache, '2222');
    await used(cache, '1111');
    const three = await used(cache, '3333');
    await untilGone(two);
    expect(await Promise.all([one, three].map(isThere))).toEqual([true, true]);
  });

  it('keeps what is in use until its signal fires, and counts it', async () => {
    const cache = await open(0);
    const over = new AbortController();
    const held = await fetched(cache, 'held', over.signal);
    await untilGone(await used(cache, 'other'));
    expect(await isThere(held)).toBe(true);
    over.abort();
    await used(cache, 'another');
    await untilGone(held);
  });

  it('keeps what has no signal for as long as the process lives', async () => {
    const cache = await open(0);
    const kept = await fetched(cache, 'kept');
    await used(cache, 'kept');
    await untilGone(await used(cache, 'other'));
    expect(await isThere(kept)).toBe(true);
  });

  it('keeps what another living process uses, and not what a dead one did', async () => {
    const cache = await open(0);
    const marks = join(root, 'default', 'in-use');
    const markOf = (text: string, pid: number) =>
      `${temporaryName().replace(`-${process.pid}-`, `-${pid}-`)}-${fileOf(text).digest.slice('sha256:'.length)}`;
    const over = new AbortController();
    const theirs = await fetched(cache, 'theirs', over.signal);
    const dead = await fetched(cache, 'dead', over.signal);
    await writeFile(join(marks, markOf('theirs', process.ppid)), '');
    await writeFile(join(marks, markOf('dead', 2 ** 22 + 1)), '');
    over.abort();
    await used(cache, 'other');
    await untilGone(dead);
    expect(await isThere(theirs)).toBe(true);
    await open(0);
    expect((await readdir(marks)).filter((name) => name.includes(`-${2 ** 22 + 1}-`))).toEqual([]);
  });

  it('mends what was damaged in it, files and folders', async () => {
    const cache = await open(1_000);
    const tree: ContentSource = {
      ...bringing('tree'),
      async bring(target) {
        brought.push('tree');
        await mkdir(target);
        await writeFile(join(target, 'a'), 'alpha');
      },
    };
    const digest = digestOfJson([{ path: 'a', digest: digestOfBytes('alpha'), size: 5 }]);
    const fetchTree = () => cache.fetch({ kind: 'folder', digest }, tree, undefined);
    for (const path of [await fetched(cache, 'beta'), join(await fetchTree(), 'a')]) {
      await chmod(path, 0o644);
      await writeFile(path, 'damaged');
    }
    expect(await readFile(await fetched(cache, 'beta'), 'utf8')).toBe('beta');
    expect(await readFile(join(await fetchTree(), 'a'), 'utf8')).toBe('alpha');
    expect(brought).toEqual(['beta', 'tree', 'beta', 'tree']);
  });

  it('takes nothing in that is something else than it was to be', async () => {
    const cache = await open(1_000);
    const wrong = cache.fetch(fileOf('alpha'), bringing('alpha', 'omega'), undefined);
    await expect(wrong).rejects.toThrow(`It is ${digestOfBytes('omega')}.`);
    const files = (await readdir(root, { recursive: true, withFileTypes: true })).filter((entry) => entry.isFile());
    expect(files.map(({ parentPath }) => parentPath)).toEqual([join(root, 'default', 'in-use')]);
  });

  it('never takes a file away from who uses it, however many come and go', async () => {
    const caches = await Promise.all([open(0), open(0), open(0)]);
    const texts = ['one', 'two', 'three', 'four'];
    const use = async (cache: ContentCache, turn: number) => {
      const text = texts[turn % texts.length] ?? '';
      const over = new AbortController();
      const path = await fetched(cache, text, over.signal);
      await delay(turn % 3);
      expect(await readFile(path, 'utf8')).toBe(text);
      over.abort();
    };
    await Promise.all(
      caches.map(async (cache, index) => {
        for (let turn = 0; turn < 100; turn++) await use(cache, turn * 7 + index);
      }),
    );
    // It did let go of some: else this would prove nothing.
    expect(brought.length).toBeGreaterThan(texts.length);
  });
});
