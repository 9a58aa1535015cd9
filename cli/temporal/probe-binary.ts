import type { Surroundings } from './temporal-source.ts';

/** The version of a `temporal` binary; null when it cannot be run or is something else. */
export async function probeBinary(path: string, { execute }: Pick<Surroundings, 'execute'>): Promise<string | null> {
  const text = await execute(path, ['--version'], 20_000).catch(() => '');
  return /^temporal version (\S+)/.exec(text)?.[1] ?? null;
}
