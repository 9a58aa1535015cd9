import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { CliError, EXIT } from '../cli-error.ts';

const ENTRIES = {
  api: 'server/main.js',
  workers: 'workers/main.js',
  local: 'workers/local.js',
  serving: 'serving/main.js',
} as const;

/**
 * The script of one of Millrace's own processes. They are started by path, never imported: a room's code stays out of
 * the command line's memory and import arrows.
 *
 * @throws CliError when this copy of Millrace has not been built.
 */
export function entryPoint(name: keyof typeof ENTRIES): string {
  const root = import.meta.url.endsWith('.ts') ? '../../dist/' : '../../';
  const path = fileURLToPath(new URL(root + ENTRIES[name], import.meta.url));
  if (existsSync(path)) return path;
  throw new CliError(EXIT.unreachable, `${path} is missing: this copy of Millrace is not built.`, {
    next: 'Build it with `npm run build` in its folder.',
  });
}
