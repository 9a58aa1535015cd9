import { chmod, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { samplePipeline } from '../../server/testing/sample-pipeline.suite.ts';
import { testServer } from '../../server/testing/test-server.suite.ts';
import { uploadPipeline } from './upload-pipeline.ts';

const server = testServer();

describe('submitting a pipeline', () => {
  it('mends its code where that was damaged in the store', async () => {
    const { client, home, stores } = server();
    const sample = samplePipeline('damaged');
    await uploadPipeline(client, sample);
    const [[digest, bytes] = expect.fail('no code')] = sample.blobs;
    const path = join(home, 'artifacts/default/blobs', digest.slice(7, 9), digest.slice(9));
    await chmod(path, 0o644);
    await writeFile(path, 'exports.default = 666;');
    await expect(stores.artifacts.getBlob(digest)).rejects.toMatchObject({ kind: 'corrupt' });
    await expect(client.addPipeline(sample.compiled)).rejects.toMatchObject({ code: 'missingBlobs' });
    await uploadPipeline(client, sample);
    expect(new Uint8Array(await stores.artifacts.getBlob(digest))).toEqual(bytes);
  });
});
