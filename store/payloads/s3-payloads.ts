import { checkProjectName } from '../../ir/project-name.ts';
import type { BlobWords } from '../artifacts/folder/blobs.ts';
import { blobObjects } from '../artifacts/s3/blob-objects.ts';
import type { Bucket } from '../artifacts/s3/bucket.ts';
import type { Keep } from '../artifacts/stored-content.ts';
import type { PayloadStore } from './payload-store.ts';

const WORDS: BlobWords = {
  name: 'Payload',
  whenMissing: 'Restore it, see that all workers have the same MILLRACE_ARTIFACTS, or run the pipeline again.',
  whenChanged: 'Restore an earlier version of it, or run the pipeline again.',
};

/** Payloads as objects below `prefix/project/payloads/`, beside the artifacts of the same bucket. */
export function openS3Payloads(bucket: Bucket, project: string, keep?: Keep): PayloadStore {
  checkProjectName(project);
  return blobObjects(bucket, project, 'payloads', WORDS, keep);
}
