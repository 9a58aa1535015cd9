import { describe, expect, it } from 'vitest';
import { digestOfBytes } from '../../ir/digest.ts';
import { ApiError } from '../client.ts';
import { samplePipeline } from '../testing/sample-pipeline.suite.ts';
import { testServer } from '../testing/test-server.suite.ts';

const server = testServer();
const problem = (work: Promise<unknown>): Promise<ApiError> =>
  work.then(
    () => expect.fail('it was taken'),
    (error: unknown) => (error instanceof ApiError ? error : expect.fail(String(error))),
  );

async function upload(name: string, code?: string) {
  const { client } = server();
  const { compiled, blobs } = samplePipeline(name, code === undefined ? {} : { code });
  for (const [digest, bytes] of blobs) await client.putBlob(digest, bytes);
  return client.addPipeline(compiled);
}

describe('blobs', () => {
  it('are there after they were put, and not before', async () => {
    const bytes = new TextEncoder().encode('some code');
    const digest = digestOfBytes(bytes);
    expect(await server().client.hasBlob(digest)).toBe(false);
    await server().client.putBlob(digest, bytes);
    expect(await server().client.hasBlob(digest)).toBe(true);
    expect(new Uint8Array(await server().stores.artifacts.getBlob(digest))).toEqual(bytes);
  });

  it('are refused when the bytes are not those of the digest', async () => {
    const error = await problem(server().client.putBlob(digestOfBytes('one'), new TextEncoder().encode('two')));
    expect(error.code).toBe('digestMismatch');
    expect(await server().client.hasBlob(digestOfBytes('two'))).toBe(false);
  });

  it('may be empty', async () => {
    await server().client.putBlob(digestOfBytes(''), new Uint8Array());
    expect(await server().client.hasBlob(digestOfBytes(''))).toBe(true);
  });
});

describe('pipelines', () => {
  it('get a version for each new compilation, and keep it for the same one', async () => {
    const first = await upload('versions');
    const again = await upload('versions');
    const second = await upload('versions', 'exports.default = 2;');
    expect([first.version, again.version, second.version]).toEqual([1, 1, 2]);
    expect(first.submittedBy).toBe('ada');
    const listed = await server().client.pipelines({ pipeline: 'versions' });
    expect(listed.items.map((item) => item.version)).toEqual([2, 1]);
  });

  it('come back as they were submitted, newest unless a version is named', async () => {
    await upload('readable');
    await upload('readable', 'exports.default = 3;');
    const newest = await server().client.pipeline('readable');
    const first = await server().client.pipeline('readable', 1);
    expect([newest.version.version, first.version.version]).toEqual([2, 1]);
    expect(first.compiled).toEqual(samplePipeline('readable').compiled);
  });

  it('are refused while code is missing, naming each blob', async () => {
    const { compiled, blobs } = samplePipeline('no-code', { code: 'exports.default = "never uploaded";' });
    const error = await problem(server().client.addPipeline(compiled));
    expect(error.code).toBe('missingBlobs');
    expect(error.parts.map((part) => part.at)).toEqual([...blobs.keys()]);
  });

  it('are refused when the IR was edited after it was compiled', async () => {
    const { compiled } = samplePipeline('edited');
    const error = await problem(
      server().client.addPipeline({ ...compiled, ir: { ...compiled.ir, description: 'edited' } }),
    );
    expect(error.code).toBe('digestMismatch');
  });

  it('are refused when a package is not what its digest says', async () => {
    const { compiled } = samplePipeline('swapped');
    const packages = Object.fromEntries(
      Object.entries(compiled.packages).map(([digest, manifest]) => [
        digest,
        { ...manifest, externals: { left: '1.0.0' } },
      ]),
    );
    expect((await problem(server().client.addPipeline({ ...compiled, packages }))).code).toBe('digestMismatch');
  });

  it('are refused with unknown keys, which an older reader would lose', async () => {
    const { compiled } = samplePipeline('newer');
    const newer = { ...compiled, ir: { ...compiled.ir, invented: true } };
    expect((await problem(server().client.addPipeline(newer))).code).toBe('invalidPipeline');
  });

  it('say what to do when there is none of a name', async () => {
    const error = await problem(server().client.pipeline('nowhere'));
    expect(error.status).toBe(404);
    expect(error.message).toContain('nowhere');
  });
});
