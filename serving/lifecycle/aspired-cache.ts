import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { z } from 'zod';
import { type AspiredEndpoint, aspiredEndpoint } from './aspired-endpoint.ts';

const cacheFile = z.object({ millrace: z.literal(1), endpoints: z.array(aspiredEndpoint) });

/** What was last applied, kept on disk for a start without the store. */
export function aspiredCachePath(home: string, project: string): string {
  return join(home, 'serving', encodeURIComponent(project), 'aspired.json');
}

/** Replaces the file whole: a crash in between leaves the former one. */
export async function saveAspired(path: string, endpoints: readonly AspiredEndpoint[]): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  const draft = `${path}.${process.pid}`;
  await writeFile(draft, JSON.stringify({ millrace: 1, endpoints }, null, 2));
  await rename(draft, path);
}

/** The endpoints of the last save; none when there is no file. @throws Error when the file is of another form. */
export async function loadAspired(path: string): Promise<readonly AspiredEndpoint[]> {
  const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return null;
    throw error;
  });
  return text === null ? [] : cacheFile.parse(JSON.parse(text)).endpoints;
}
