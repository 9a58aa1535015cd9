import { fileURLToPath } from 'node:url';

/** Built files that children load. Node cannot run TypeScript, so they are those of `dist/` in tests, too. */
export interface HandlerFiles {
  /** What a child process or thread starts with. */
  readonly entry: string;
  /** The module that exports the built-in steps. */
  readonly builtins: string;
  /** JSON: name of each built-in step to the digest of its code. */
  readonly builtinDigests: string;
}

export function installedFiles(): HandlerFiles {
  const dist = new URL(import.meta.url.endsWith('.ts') ? '../../dist/' : '../../', import.meta.url);
  const file = (path: string) => fileURLToPath(new URL(path, dist));
  return {
    entry: file('workers/host/handler-process.js'),
    builtins: file('activities/steps.js'),
    builtinDigests: file('builtin-steps.json'),
  };
}
