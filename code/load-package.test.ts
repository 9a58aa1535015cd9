import { mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { CodePackage } from '../ir/compiled-pipeline.ts';
import { packageCode } from './code-package.ts';
import { compileFile } from './compile-file.ts';
import { installedExternals } from './externals.ts';
import { loadStep, materialise } from './load-package.ts';
import { temporaryFolders } from './temporary-folder.suite.ts';

const folderWith = temporaryFolders();

const pipeline = (factor: number) => `
import { z } from 'zod';
import { createHash } from 'node:crypto';
import { defineStep, definePipeline } from 'millrace';
const Row = z.object({ value: z.number() });
const times = defineStep({ name: 'times', input: Row, output: Row })
  .implement(async ({ input }) => ({ value: input.value * ${factor} + createHash('sha256').digest().length - 32 }));
export default definePipeline({ name: 'p', params: Row }, ({ params }) => times({ value: params.value }));
`;

async function compiledStep(text: string) {
  const folder = await folderWith({ 'pipeline.ts': text });
  const { compiled, blobs } = await compileFile(join(folder, 'pipeline.ts'));
  const [manifest] = Object.values(compiled.packages);
  if (manifest === undefined) throw new Error('no package');
  return { manifest, getBlob: async (digest: string) => blobs.get(digest as never) ?? new Uint8Array() };
}

const resultFor = (step: ReturnType<typeof loadStep>, value: number) =>
  step.handler?.({ input: step.inputSchema.parse({ value }), task: {} as never });

describe('loadStep', () => {
  it('runs two versions of one step side by side', async () => {
    const cache = await folderWith({});
    const [two, three] = [await compiledStep(pipeline(2)), await compiledStep(pipeline(3))];
    const steps = [];
    for (const { manifest, getBlob } of [two, three]) {
      steps.push(loadStep(await materialise(manifest, getBlob, cache), manifest));
    }
    const [double, triple] = steps as [ReturnType<typeof loadStep>, ReturnType<typeof loadStep>];
    expect(double.contract.name).toBe('times');
    await expect(resultFor(double, 7)).resolves.toEqual({ value: 14 });
    await expect(resultFor(triple, 7)).resolves.toEqual({ value: 21 });
  });

  it('refuses a package that was compiled with another version of an external', async () => {
    const cache = await folderWith({});
    const { manifest, getBlob } = await compiledStep(pipeline(2));
    const bundle = await getBlob(manifest.bundle?.digest ?? '');
    const other = packageCode(bundle, new Map(), { zod: '3.0.0' }).manifest;
    const folder = await materialise(other, getBlob, cache);
    const found = installedExternals().zod ?? '';
    expect(() => loadStep(folder, other)).toThrow(
      /compiled with zod 3\.0\.0, and this worker .* has .*Install zod@3\.0\.0/,
    );
    expect(() => loadStep(folder, other)).toThrow(found);
  });

  it('refuses a bundle that was changed after it was laid out', async () => {
    const { manifest, getBlob } = await compiledStep(pipeline(2));
    const folder = await materialise(manifest, getBlob, await folderWith({}));
    await writeFile(join(folder, 'bundle.cjs'), 'module.exports = {}');
    expect(() => loadStep(folder, manifest)).toThrow(/is not what its digest says/);
  });

  it.each([
    ['throws', 'throw new TypeError("no such setting");', /failed while it was loaded, .*TypeError: no such setting/],
    ['holds no step', 'exports.default = 3;', /holds no step/],
  ])('refuses a bundle that %s', async (_what, text, message) => {
    const { manifest, blobs } = packageCode(Buffer.from(text), new Map(), {});
    const folder = await materialise(
      manifest,
      async (digest) => blobs.get(digest) ?? new Uint8Array(),
      await folderWith({}),
    );
    expect(() => loadStep(folder, manifest)).toThrow(message);
  });

  it('refuses what the bundle asks for beyond its manifest, naming it', async () => {
    const bundle = Buffer.from(`const name = 'left' + 'pad'; exports.default = require(name);`);
    const { manifest, blobs } = packageCode(bundle, new Map(), {});
    const folder = await materialise(
      manifest,
      async (digest) => blobs.get(digest) ?? new Uint8Array(),
      await folderWith({}),
    );
    expect(() => loadStep(folder, manifest)).toThrow(/asks for 'leftpad'/);
  });
});

describe('materialise', () => {
  const script = Buffer.from('#!/bin/sh\necho hello\n');
  const { manifest, blobs } = packageCode(null, new Map([['bin/hello.sh', script]]), {});
  const getBlob = async (digest: string) => blobs.get(digest as never) ?? new Uint8Array();

  it('lays files out with their folders, and a script so that it can be run', async () => {
    const folder = await materialise(manifest, getBlob, await folderWith({}));
    expect(await readFile(join(folder, 'files/bin/hello.sh'))).toEqual(script);
    expect((await stat(join(folder, 'files/bin/hello.sh'))).mode & 0o100).toBe(0o100);
  });

  it('leaves one whole folder when many do it at once', async () => {
    const cache = join(await folderWith({}), 'made/on/demand');
    const folders = await Promise.all(Array.from({ length: 8 }, () => materialise(manifest, getBlob, cache)));
    expect(new Set(folders).size).toBe(1);
    expect(await readdir(cache)).toHaveLength(1);
  });

  it('mends a folder that something broke', async () => {
    const cache = await folderWith({});
    const folder = await materialise(manifest, getBlob, cache);
    await writeFile(join(folder, 'files/bin/hello.sh'), 'rm -rf everything');
    await materialise(manifest, getBlob, cache);
    expect(await readFile(join(folder, 'files/bin/hello.sh'))).toEqual(script);
    expect(await readdir(cache)).toHaveLength(1);
  });

  it('does not fetch what is there', async () => {
    const cache = await folderWith({});
    await materialise(manifest, getBlob, cache);
    const offline = () => Promise.reject(new Error('the store was asked'));
    await expect(materialise(manifest, offline, cache)).resolves.toContain('sha256-');
  });

  it.each([
    ['a blob that is not what its digest says', manifest, async () => Buffer.from('other')],
    ['a manifest that was changed', { ...manifest, externals: { zod: '1.0.0' } }, getBlob],
    ['a path out of the folder', packageCode(null, new Map([['../evil', script]]), {}).manifest, getBlob],
  ] as [string, CodePackage, () => Promise<Uint8Array>][])(
    'refuses %s, and leaves nothing',
    async (_what, pkg, blob) => {
      const cache = await folderWith({});
      await mkdir(cache, { recursive: true });
      await expect(materialise(pkg, blob, cache)).rejects.toMatchObject({ name: 'EnvironmentError' });
      expect(await readdir(cache)).toEqual([]);
    },
  );
});
