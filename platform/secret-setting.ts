import { readFileSync } from 'node:fs';

/**
 * A setting that nobody else may see: the value of the variable, or what the file named by `<NAME>_FILE` holds, without the
 * line's end. A file shows in no list of processes and in no container's description.
 *
 * @returns null where neither is set.
 * @throws RangeError where both are, or the file cannot be read or is empty.
 * @example secretSetting({ MILLRACE_API_TOKEN_FILE: '/run/secrets/api-token' }, 'MILLRACE_API_TOKEN')
 */
export function secretSetting(env: Readonly<Record<string, string | undefined>>, name: string): string | null {
  const [value, file] = [env[name], env[`${name}_FILE`]];
  if (!file) return value || null;
  if (value) throw new RangeError(`${name} and ${name}_FILE are both set: unset one of them.`);
  const text = read(file, `${name}_FILE`).trimEnd();
  if (text !== '') return text;
  throw new RangeError(`${name}_FILE names ${file}, which is empty.`);
}

function read(file: string, variable: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (cause) {
    const reason = cause instanceof Error && 'code' in cause ? String(cause.code) : String(cause);
    throw new RangeError(`${variable} names ${file}, which cannot be read (${reason}).`, { cause });
  }
}
