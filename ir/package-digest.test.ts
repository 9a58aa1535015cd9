import { describe, expect, it } from 'vitest';
import type { CodePackage } from './compiled-pipeline.ts';
import { digestOfPackage } from './package-digest.ts';

const PACKAGE: Omit<CodePackage, 'digest'> = {
  runtimeInterface: 1,
  bundle: { digest: 'b', size: 1 },
  files: { 'uv.lock': 'f' },
  externals: { zod: '4.6.7' },
};

describe('the digest of a code package', () => {
  it('is the same for the same content, in whatever order', () => {
    const { externals, files, bundle, runtimeInterface } = PACKAGE;
    expect(digestOfPackage({ externals, files, bundle, runtimeInterface })).toBe(digestOfPackage(PACKAGE));
  });

  it.each<[string, Partial<CodePackage>]>([
    ['the runtime interface', { runtimeInterface: 2 }],
    ['the bundle', { bundle: { digest: 'c', size: 1 } }],
    ['a file', { files: { 'uv.lock': 'g' } }],
    ['the name of a file', { files: { 'pip.lock': 'f' } }],
    ['the exact version of an external package', { externals: { zod: '4.6.8' } }],
    ['one more external package', { externals: { zod: '4.6.7', 'apache-arrow': '21.2.0' } }],
  ])('changes with %s', (_, change) => {
    expect(digestOfPackage({ ...PACKAGE, ...change })).not.toBe(digestOfPackage(PACKAGE));
  });
});
