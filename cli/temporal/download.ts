import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { releaseFor } from './releases.ts';
import type { Surroundings } from './temporal-source.ts';

/** A machine without a way to the outside finds out soon. */
const ANSWER_WITHIN_MS = 5_000;
const DOWNLOAD_WITHIN_MS = 180_000;

/**
 * Fetches the official release into the cache, checked against the list of checksums beside it.
 *
 * @returns the binary's path. @throws Error with the reason.
 */
export async function downloadTemporal(surroundings: Surroundings, target: string): Promise<string> {
  const { platform, arch, cacheFolder, execute, say } = surroundings;
  const release = releaseFor(platform, arch);
  if (release === null) throw new Error(`there is no release for ${platform} ${arch}`);
  const sums = new TextDecoder().decode(await fetchBytes(surroundings, release.checksums, ANSWER_WITHIN_MS));
  const expected = sums
    .split('\n')
    .map((line) => line.trim().split(/\s+/))
    .find(([, name]) => name === release.name)?.[0];
  if (expected === undefined) throw new Error(`the list of checksums does not name ${release.name}`);
  say(`Fetching Temporal from ${release.archive}`);
  const archive = await fetchBytes(surroundings, release.archive, DOWNLOAD_WITHIN_MS);
  const actual = createHash('sha256').update(archive).digest('hex');
  if (actual !== expected) throw new Error(`${release.name} has the checksum ${actual}, and should have ${expected}`);
  await mkdir(cacheFolder, { recursive: true });
  const folder = await mkdtemp(join(cacheFolder, 'unpack-'));
  try {
    const file = join(folder, release.name);
    await writeFile(file, archive);
    // tar reads zip files too where Windows brings it along.
    await execute('tar', ['-xf', file, '-C', folder], 60_000);
    await rename(join(folder, platform === 'win32' ? 'temporal.exe' : 'temporal'), target);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
  return target;
}

async function fetchBytes({ fetch }: Surroundings, url: string, withinMs: number): Promise<Uint8Array> {
  const response = await fetch(url, { signal: AbortSignal.timeout(withinMs) }).catch((error: unknown) => {
    throw new Error(`${new URL(url).host} cannot be reached`, { cause: error });
  });
  if (!response.ok) throw new Error(`${url} answered ${response.status}`);
  return new Uint8Array(await response.arrayBuffer());
}
