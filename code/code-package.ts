import { type CodePackage, RUNTIME_INTERFACE } from '../ir/compiled-pipeline.ts';
import { type Digest, digestOfBytes } from '../ir/digest.ts';
import { digestOfPackage } from '../ir/package-digest.ts';

export interface PackagedCode {
  readonly manifest: CodePackage;
  readonly blobs: ReadonlyMap<Digest, Uint8Array>;
}

/** Digests a step's bundle, files and externals together. */
export function packageCode(
  bundle: Uint8Array | null,
  files: ReadonlyMap<string, Uint8Array>,
  externals: Readonly<Record<string, string>>,
): PackagedCode {
  const blobs = new Map<Digest, Uint8Array>();
  const blob = (bytes: Uint8Array): Digest => {
    const digest = digestOfBytes(bytes);
    blobs.set(digest, bytes);
    return digest;
  };
  const content = {
    runtimeInterface: RUNTIME_INTERFACE,
    bundle: bundle === null ? null : { digest: blob(bundle), size: bundle.byteLength },
    files: Object.fromEntries([...files].map(([path, bytes]) => [path, blob(bytes)])),
    externals,
  };
  return { manifest: { digest: digestOfPackage(content), ...content }, blobs };
}
