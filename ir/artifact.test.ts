import { describe, expect, it } from 'vitest';
import { type ArtifactRef, artifactsIn, isArtifactRef } from './artifact.ts';

const model: ArtifactRef<'model'> = { artifact: 'model', digest: 'sha256:1', uri: 'file:///m', size: 1, metadata: {} };
const rows: ArtifactRef<'dataset'> = { ...model, artifact: 'dataset', digest: 'sha256:2' };

describe('artifact references', () => {
  it('are told from other objects', () => {
    expect(isArtifactRef(model)).toBe(true);
    expect(
      [null, 'model', {}, { ...model, artifact: 'picture' }, { artifact: 'model', uri: '' }].some(isArtifactRef),
    ).toBe(false);
  });

  it('are found at any depth, in order, and not looked into', () => {
    const holder: ArtifactRef<'report'> = { ...model, artifact: 'report', metadata: { inner: { ...rows } } };
    expect(artifactsIn({ a: [rows, { b: model }], c: 1, d: null, e: holder })).toEqual([rows, model, holder]);
  });
});
