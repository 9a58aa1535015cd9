import { createHash } from 'node:crypto';
import { constants, createWriteStream } from 'node:fs';
import { chmod, copyFile, mkdir, open } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import type { Digest } from '../../../ir/digest.ts';
import { CHUNK, digestFile, digestOf, filesIn, type ManifestEntry } from './content.ts';
import { flushFile, flushFolder, READ_ONLY } from './durable.ts';

/** Copies a file and flushes the copy; its digest is of what was copied, even if the source changes meanwhile. */
export async function copyFileIn(source: string, target: string): Promise<{ digest: Digest; size: number }> {
  if (await clone(source, target)) {
    await flushFile(target);
    await chmod(target, READ_ONLY);
    return digestFile(target);
  }
  const from = await open(source, constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0));
  const hash = createHash('sha256');
  let size = 0;
  await pipeline(
    from.createReadStream({ highWaterMark: CHUNK }),
    async function* digesting(chunks: AsyncIterable<Buffer>) {
      for await (const chunk of chunks) {
        hash.update(chunk);
        size += chunk.length;
        yield chunk;
      }
    },
    createWriteStream(target, { flags: 'wx', mode: READ_ONLY, flush: true }),
  );
  return { digest: digestOf(hash), size };
}

/** Copies the files of a folder and flushes them. */
export async function copyFolderIn(source: string, target: string): Promise<readonly ManifestEntry[]> {
  const entries: ManifestEntry[] = [];
  const folders = new Set([target]);
  await mkdir(target);
  for (const path of await filesIn(source)) {
    const copy = join(target, path);
    await mkdir(dirname(copy), { recursive: true });
    for (let folder = dirname(copy); folder !== target; folder = dirname(folder)) folders.add(folder);
    entries.push({ path, ...(await copyFileIn(join(source, path), copy)) });
  }
  for (const folder of folders) await flushFolder(folder);
  return entries;
}

/** Lets both share their blocks until one is written to, where the file system can (btrfs, xfs, APFS). */
async function clone(source: string, target: string): Promise<boolean> {
  try {
    await copyFile(source, target, constants.COPYFILE_FICLONE_FORCE | constants.COPYFILE_EXCL);
    return true;
  } catch {
    return false;
  }
}
