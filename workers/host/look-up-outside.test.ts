import { copyFile, mkdir, open, rename, stat, truncate, utimes, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { importArtifactStep } from '../../activities/import-artifact/import-artifact.ts';
import { lookUps } from './look-up.suite.ts';
import { sourceFingerprint } from './source-fingerprint.ts';
import { failureOf, runTask } from './task-host.suite.ts';

const { fixture, task, look, runAndKeep } = lookUps();

describe('a command', () => {
  const command = (words: readonly string[], environment: readonly string[] | null = []) => {
    const declared = environment === null ? {} : { environment };
    return task({
      contract: { implementation: { kind: 'process', command: words, files: [], ...declared } },
      path: 'cmd',
    });
  };

  it('that declares no environment has no key, and the reason says what to do', async () => {
    expect(await look(command(['python3', 'train.py'], null))).toMatchObject({
      key: null,
      hit: false,
      reason: 'noFingerprint',
      detail: "Step 'work' declares no environment; name its lock files (process.environment) to have it cached.",
    });
    expect(await look(command(['python3', 'train.py'], ['uv.lock']))).toMatchObject({ reason: 'noEntry' });
  });

  it('misses when a program that it names by its path is another', async () => {
    const program = join(fixture().home, 'tool');
    const words = [program, join(fixture().home, 'none')];
    expect(await look(command(words))).toMatchObject({
      key: null,
      reason: 'noFingerprint',
      detail: `Nothing tells whether ${program}, which the command of step 'work' names, has changed. Put it into the pipeline's folder, or name it by the word under which PATH has it.`,
    });
    await writeFile(program, 'one');
    expect((await look(command(words))).detail).toContain(`${words[1]}, which the command`);
    expect((await look(command([program, fixture().home]))).key).toBeNull();
    const first = await look(command([program]));
    expect((await look(command([program]))).key).toBe(first.key);
    await writeFile(program, 'two');
    expect((await look(command([program]))).key).not.toBe(first.key);
  });
});

describe('what is not kept', () => {
  it('is the result of an attempt that a later one has replaced', async () => {
    const dispatch = task({ input: { slowMs: 500 }, path: 'zombie' });
    const { key: cacheKey } = await look(dispatch);
    const zombie = failureOf(runTask(fixture().host, { ...dispatch, cacheKey }));
    await delay(150);
    await fixture().stores.metadata.tasks.startAttempt({
      runId: dispatch.task.runId,
      path: dispatch.task.path,
      attempt: 2,
      worker: 'other',
      queue: 'cpu',
      startedAt: Date.now(),
    });
    expect((await zombie).name).toBe('AttemptReplaced');
    expect(await look(dispatch)).toMatchObject({ hit: false, reason: 'noEntry' });
  });

  it('was made while its source changed', async () => {
    const file = join(fixture().home, 'moving.csv');
    await writeFile(file, 'one');
    const dispatch = task({ contract: { sources: ['from'] }, input: { from: file, slowMs: 300 }, path: 'moving' });
    const running = runAndKeep(dispatch);
    await delay(150);
    await writeFile(file, 'two');
    await running;
    expect(await look(dispatch)).toMatchObject({ hit: false, reason: 'noEntry' });
    await writeFile(file, 'one');
    expect(await look(dispatch)).toMatchObject({ hit: false, reason: 'noEntry' });
  });
});

describe('sources', () => {
  it('miss when a file changes behind its path, and hit when it is back', async () => {
    const file = join(fixture().home, 'source.csv');
    await writeFile(file, 'one');
    const dispatch = task({ contract: { sources: ['from'] }, input: { from: `file://${file}` }, path: 'source' });
    await runAndKeep(dispatch);
    await utimes(file, 1, 1);
    expect((await look(dispatch)).hit).toBe(true);
    await writeFile(file, 'two');
    expect((await look(dispatch)).detail).toContain('in: source from.');
    await writeFile(file, 'one');
    expect((await look(dispatch)).hit).toBe(true);
  });

  it('of a folder are those of its files, by name', async () => {
    const folder = join(fixture().home, 'sources');
    await mkdir(join(folder, 'in'), { recursive: true });
    await writeFile(join(folder, 'in', 'a'), '1');
    const before = await sourceFingerprint(folder);
    expect(before).not.toBeNull();
    expect(await sourceFingerprint(folder)).toBe(before);
    await writeFile(join(folder, 'in', 'b'), '1');
    expect(await sourceFingerprint(folder)).not.toBe(before);
  });

  it('of a folder read 64 MiB at the most, and then sizes, times and inodes', async () => {
    const folder = join(fixture().home, 'parts');
    await mkdir(folder);
    for (const name of ['a', 'b', 'c']) {
      await writeFile(join(folder, name), name);
      await truncate(join(folder, name), 30 << 20);
    }
    const before = await sourceFingerprint(folder);
    const touched = async (name: string) => {
      await utimes(join(folder, name), 1, 1);
      return sourceFingerprint(folder);
    };
    expect(await touched('b')).toBe(before);
    expect(await touched('c')).not.toBe(before);
  });

  it('of a file too big to read each time are its size, times and inode', async () => {
    const file = join(fixture().home, 'big.parquet');
    await writeFile(file, 'one');
    await truncate(file, (64 << 20) + 1);
    const before = await sourceFingerprint(file);
    expect(before).toMatch(/^file:size=67108865,inode=\d+,mtime=\d+,ctime=\d+$/);
    expect(await sourceFingerprint(file)).toBe(before);
    // Other content of the same size, with its old times put back, and another file in its place.
    const { atime, mtime } = await stat(file);
    const handle = await open(file, 'r+');
    await handle.write('two');
    await handle.close();
    await utimes(file, atime, mtime);
    const edited = await sourceFingerprint(file);
    expect(edited).not.toBe(before);
    await rename(file, `${file}.old`);
    await copyFile(`${file}.old`, file);
    await utimes(file, atime, mtime);
    expect(await sourceFingerprint(file)).not.toBe(edited);
  });

  it('are what importArtifact takes in', async () => {
    const { contract } = importArtifactStep;
    const file = join(fixture().home, 'imported.csv');
    await writeFile(file, 'a\n1\n');
    const imported = () => task({ contract, input: { uri: file, artifact: 'dataset' }, path: 'imported' });
    const { key } = await look(imported());
    expect(key).not.toBeNull();
    await writeFile(file, 'a\n2\n');
    expect((await look(imported())).key).not.toBe(key);
  });

  it('that are nowhere have no fingerprint; those left out are nothing', async () => {
    expect(await sourceFingerprint(join(fixture().home, 'nowhere'))).toBeNull();
    expect(await sourceFingerprint(['/nowhere', null])).toBeNull();
    expect(await sourceFingerprint(undefined)).toBe('nothing');
    expect(await sourceFingerprint(7)).toBeNull();
  });

  it('on the web go by their validator', async () => {
    let headers: Record<string, string> = { etag: '"v1"' };
    const server = createServer((request, response) => {
      response.writeHead(request.method === 'HEAD' ? 200 : 405, headers).end();
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/data.csv`;
    try {
      const first = await sourceFingerprint(url);
      expect(first).toBe('etag:"v1"');
      headers = { etag: '"v2"' };
      expect(await sourceFingerprint(url)).not.toBe(first);
      headers = { 'last-modified': 'Thu, 01 Jan 2026 00:00:00 GMT', 'content-length': '7' };
      expect(await sourceFingerprint(url)).toBe('modified:Thu, 01 Jan 2026 00:00:00 GMT,length:7');
      headers = {};
      expect(await sourceFingerprint(url)).toBeNull();
    } finally {
      await new Promise((resolve) => server.close(resolve));
    }
    expect(await sourceFingerprint(url)).toBeNull();
  });
});
