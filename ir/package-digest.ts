import type { CodePackage } from './compiled-pipeline.ts';
import { type Digest, digestOfJson } from './digest.ts';

/** The digest that a package's manifest ought to have. */
export function digestOfPackage({ runtimeInterface, bundle, files, externals }: Omit<CodePackage, 'digest'>): Digest {
  return digestOfJson({ runtimeInterface, bundle, files, externals });
}
