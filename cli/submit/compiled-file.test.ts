import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { samplePipeline } from '../../server/testing/sample-pipeline.suite.ts';
import { readCompiled, refuseToReplace, writeCompiled } from './compiled-file.ts';

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'millrace-compiled-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const first = samplePipeline('kept');
const second = samplePipeline('kept', { code: 'exports.default = 2;' });
const namesOf = ({ blobs }: typeof first) => [...blobs.keys()].map((digest) => digest.slice('sha256:'.length));

describe('a compiled file', () => {
  it('comes back as it was written', async () => {
    const file = join(folder, 'pipeline.json');
    await writeCompiled(file, first);
    expect(await readCompiled(file)).toEqual(first);
    await writeCompiled(file, second);
    expect(await readCompiled(file)).toEqual(second);
    expect(await readdir(join(folder, 'pipeline.blobs'))).toEqual(namesOf(second));
  });

  it('takes the place of a compiled one or an empty file, and of nothing else', async () => {
    const file = join(folder, 'prec.json');
    await expect(refuseToReplace(file)).resolves.toBeUndefined();
    await writeFile(file, '');
    await expect(refuseToReplace(file)).resolves.toBeUndefined();
    await writeCompiled(file, first);
    await expect(refuseToReplace(file)).resolves.toBeUndefined();
    for (const mine of ['{"precision": 0.9}', '{"millrace": 1', 'notes']) {
      await writeFile(file, mine);
      await expect(refuseToReplace(file)).rejects.toMatchObject({
        message: `${file} is there already, and is no compiled pipeline: it is left as it is.`,
        next: 'Name another file with -o, for instance -o compiled.json.',
        exitCode: 2,
      });
    }
    await expect(refuseToReplace(folder)).rejects.toThrow(`${folder} is a folder`);
  });

  it('leaves alone what others keep in the folder of its code', async () => {
    const file = join(folder, 'thesis.json');
    const blobs = join(folder, 'thesis.blobs');
    await mkdir(join(blobs, 'chapters'), { recursive: true });
    await writeFile(join(blobs, 'thesis.txt'), 'ten years');
    await writeCompiled(file, first);
    await writeCompiled(file, second);
    expect((await readdir(blobs)).sort()).toEqual([...namesOf(second), 'chapters', 'thesis.txt'].sort());
    expect(await readFile(join(blobs, 'thesis.txt'), 'utf8')).toBe('ten years');
    expect(await readCompiled(file)).toEqual(second);
  });

  it('keeps the code of what it was before until it is written itself', async () => {
    const file = join(folder, 'taken.json');
    const blobs = join(folder, 'taken.blobs');
    await writeCompiled(file, first);
    await rm(file);
    await mkdir(file);
    await expect(writeCompiled(file, second)).rejects.toThrow(/EISDIR|ENOTEMPTY|EEXIST|EPERM/);
    expect((await readdir(blobs)).sort()).toEqual([...namesOf(first), ...namesOf(second)].sort());
    expect((await readdir(folder)).filter((name) => name.endsWith('.tmp'))).toEqual([]);
  });
});
