import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { fileURLToPath } from 'node:url';
import { digestOfJson } from '../../ir/digest.ts';
import { foreignScheme } from '../../ir/foreign-scheme.ts';
import type { JsonValue } from '../../ir/json.ts';

/** Reading more than this at every look-up would cost more than it saves; size, times and inode stand for the rest. */
const DIGEST_BYTES = 64 << 20;

/** Bytes that may still be read for a fingerprint. */
interface Budget {
  bytes: number;
}
const MAX_FILES = 10_000;
const HEAD_TIMEOUT_MS = 10_000;

/**
 * What tells one state of outside data from another; null when nothing does, and then no result may be kept.
 *
 * - A file (`file:` URI or path): the digest of its content, of bigger ones than 64 MiB size, inode and times of
 *   change. A folder: that of each file in it, by content for as long as the 64 MiB last, in the order of their names.
 * - `http(s)`: the ETag or Last-Modified that a HEAD request gives.
 * - A list: of each item. Null and absent inputs point at nothing, which is a state, too.
 */
export function sourceFingerprint(source: JsonValue | undefined): Promise<string | null> {
  return fingerprint(source, { bytes: DIGEST_BYTES });
}

async function fingerprint(source: JsonValue | undefined, budget: Budget): Promise<string | null> {
  if (source === undefined || source === null) return 'nothing';
  if (Array.isArray(source)) return listFingerprint(source, budget);
  if (typeof source !== 'string') return null;
  if (/^https?:/i.test(source)) return httpFingerprint(source);
  if (/^file:/i.test(source)) return pathFingerprint(() => fileURLToPath(source), budget);
  return foreignScheme(source) === null ? pathFingerprint(() => resolve(source), budget) : null;
}

/** One after the other: which of them are read must be the same each time. */
async function listFingerprint(sources: readonly JsonValue[], budget: Budget): Promise<string | null> {
  const each: string[] = [];
  for (const source of sources) {
    const one = await fingerprint(source, budget);
    if (one === null) return null;
    each.push(one);
  }
  return digestOfJson(each);
}

async function pathFingerprint(locate: () => string, budget: Budget): Promise<string | null> {
  try {
    const path = locate();
    const facts = await stat(path);
    if (facts.isFile()) return await fileFingerprint(path, budget);
    return facts.isDirectory() ? await folderFingerprint(path, budget) : null;
  } catch {
    // No path at all, not there, or not for this process to see: the task itself says so in its own words, or finds it elsewhere.
    return null;
  }
}

async function folderFingerprint(folder: string, budget: Budget): Promise<string | null> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile()).map((entry) => resolve(entry.parentPath, entry.name));
  if (files.length > MAX_FILES || entries.some((entry) => entry.isSymbolicLink())) return null;
  const prints: [string, string][] = [];
  for (const file of files.sort()) prints.push([file.slice(folder.length), await fileFingerprint(file, budget)]);
  return digestOfJson(prints);
}

async function fileFingerprint(path: string, budget: Budget): Promise<string> {
  const { size, ino, mtimeNs, ctimeNs } = await stat(path, { bigint: true });
  if (size > budget.bytes) return `file:size=${size},inode=${ino},mtime=${mtimeNs},ctime=${ctimeNs}`;
  budget.bytes -= Number(size);
  const hash = createHash('sha256');
  await pipeline(createReadStream(path), hash);
  return `sha256:${hash.digest('hex')}`;
}

async function httpFingerprint(url: string): Promise<string | null> {
  try {
    const answer = await fetch(url, { method: 'HEAD', signal: AbortSignal.timeout(HEAD_TIMEOUT_MS) });
    if (!answer.ok) return null;
    const etag = answer.headers.get('etag');
    if (etag !== null) return `etag:${etag}`;
    const modified = answer.headers.get('last-modified');
    return modified === null
      ? null
      : `modified:${modified},length:${answer.headers.get('content-length') ?? 'unknown'}`;
  } catch {
    return null;
  }
}
