import { expect, it } from 'vitest';
import { ArtifactError, type ArtifactErrorKind, type ArtifactStore } from '../../store/artifacts/artifact-store.ts';
import { isStored } from './is-stored.ts';

const REF = { artifact: 'file', digest: 'sha256:0', uri: 's3://b/x', size: 1, metadata: {} } as const;

function failingWith(kind: ArtifactErrorKind): ArtifactStore {
  const fail = () => Promise.reject(new ArtifactError(kind, kind));
  return {
    ...{ project: 'default', put: fail, fetch: fail, exists: fail, putBlob: fail, getBlob: fail, hasBlob: fail },
    scratch: () => '',
  };
}

it('an artifact of another store is not stored', async () => {
  expect(await isStored(REF, failingWith('unsafePath'))).toBe(false);
});

it('an artifact of a store that is away is not taken for a lost one, whose task would run again', async () => {
  await expect(isStored(REF, failingWith('unavailable'))).rejects.toThrow('unavailable');
});
