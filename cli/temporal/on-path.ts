import { access, constants } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import type { Surroundings } from './temporal-source.ts';

/** The first executable of that name on PATH. */
export async function onPath(
  name: string,
  { env, platform }: Pick<Surroundings, 'env' | 'platform'>,
): Promise<string | null> {
  const file = platform === 'win32' ? `${name}.exe` : name;
  for (const folder of (env.PATH ?? '').split(delimiter).filter((entry) => entry !== '')) {
    const path = join(folder, file);
    const isThere = await access(path, constants.X_OK).then(
      () => true,
      () => false,
    );
    if (isThere) return path;
  }
  return null;
}
