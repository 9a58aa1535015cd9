import type { ApiClient, PipelineVersion } from '../../server/client.ts';
import type { Submittable } from './compiled-file.ts';

/** Registers a pipeline: the blobs that the system lacks go first. */
export async function uploadPipeline(client: ApiClient, { compiled, blobs }: Submittable): Promise<PipelineVersion> {
  await Promise.all(
    [...blobs].map(async ([digest, bytes]) => {
      if (!(await client.hasBlob(digest))) await client.putBlob(digest, bytes);
    }),
  );
  return client.addPipeline(compiled);
}
