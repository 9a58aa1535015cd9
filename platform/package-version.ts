import { createRequire } from 'node:module';

/** Millrace's version, as its package.json has it. */
export function packageVersion(): string {
  const manifest: unknown = createRequire(import.meta.url)('millrace/package.json');
  return (manifest as { readonly version: string }).version;
}
