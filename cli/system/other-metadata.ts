import { withoutPassword } from '../../platform/without-password.ts';
import { CliError, EXIT } from '../cli-error.ts';
import type { SystemRecord } from './system-file.ts';

/** Where metadata is kept in place of the home's own file: what people may see of MILLRACE_METADATA. */
export function metadataName(env: NodeJS.ProcessEnv = process.env): string | null {
  return env.MILLRACE_METADATA ? withoutPassword(env.MILLRACE_METADATA) : null;
}

/**
 * A command that reads another database than the system that is up would miss what that does.
 *
 * @param opensStores Whether the command starts a process that opens the stores itself; one that asks the API need not
 *   know where they are.
 * @throws CliError `badInput` that names both.
 */
export function refuseOtherMetadata(
  home: string,
  running: SystemRecord,
  opensStores: boolean,
  env: NodeJS.ProcessEnv = process.env,
): void {
  const named = metadataName(env);
  const kept = running.metadata ?? null;
  if (named === kept || (named === null && !opensStores)) return;
  const text = (name: string | null) => name ?? 'the SQLite file of its home';
  const message = `The system of ${home} is up and keeps its metadata in ${text(kept)}, not in ${text(named)}.`;
  const next = kept === null ? 'Unset MILLRACE_METADATA' : 'Set MILLRACE_METADATA as it has it';
  throw new CliError(EXIT.badInput, message, { next: `${next}, or end it with \`millrace down\` first.` });
}
