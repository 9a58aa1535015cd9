import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { CompiledPipeline } from '../ir/compiled-pipeline.ts';
import type { Digest } from '../ir/digest.ts';
import { openStores, type Stores } from '../store/open-stores.ts';
import { compiledPipelines } from './compiled-pipelines.ts';

let home = '';
let stores: Stores;
beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'millrace-compiled-'));
  stores = await openStores({ home, project: 'default' });
});
afterAll(async () => {
  await stores.close();
  await rm(home, { recursive: true, force: true });
});

const schema = { type: 'object' };
const ir = (name: string): CompiledPipeline['ir'] => ({
  ...{
    irVersion: 1,
    name,
    description: null,
    params: schema,
    steps: {},
    pipelines: {},
    onExit: null,
    schedule: null,
    partitions: null,
  },
  body: { nodes: [], output: { kind: 'literal', value: null } },
});

function stored(name: string): Promise<Digest> {
  const manifest = { digest: `sha256:${name}`, runtimeInterface: 1, bundle: null, files: {}, externals: {} };
  const compiled = { millrace: 1, ir: ir(name), irDigest: '', code: {}, packages: { [manifest.digest]: manifest } };
  return stores.artifacts.putBlob(Buffer.from(JSON.stringify(compiled)));
}

describe('compiled pipelines', () => {
  it('are kept by when they were used last, and their code is found however long that was ago', async () => {
    const read: string[] = [];
    const getBlob = (digest: Digest) => {
      read.push(digest);
      return stores.artifacts.getBlob(digest);
    };
    const compiled = compiledPipelines({ ...stores.artifacts, getBlob });
    const used = await stored('used');
    const idle = await stored('idle');
    await compiled.get(used);
    await compiled.get(idle);
    for (let other = 0; other < 100; other++) {
      await compiled.get(await stored(`other-${other}`));
      await compiled.get(used);
    }
    expect(read.filter((digest) => digest === used)).toHaveLength(1);
    expect(await compiled.package('sha256:idle')).toMatchObject({ digest: 'sha256:idle' });
    expect(read.filter((digest) => digest === idle)).toHaveLength(2);
    await expect(compiled.package('sha256:none')).rejects.toThrow('is in no pipeline that this worker has read');
  });
});
