import { existsSync, statSync } from 'node:fs';
import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import type { CompiledPipeline } from '../../ir/compiled-pipeline.ts';
import { type Digest, digestOfBytes } from '../../ir/digest.ts';
import { CliError, EXIT } from '../cli-error.ts';
import { makeFolder } from '../make-folder.ts';

/** A pipeline ready to be submitted: the compiled document, and the code it names, by digest. */
export interface Submittable {
  readonly compiled: CompiledPipeline;
  readonly blobs: ReadonlyMap<Digest, Uint8Array>;
}

/** The folder of a compiled file's code: `flights.json` has `flights.blobs`. */
export function blobFolder(file: string): string {
  return file.replace(/\.json$/, '').concat('.blobs');
}

/** How a blob's file is named: by its digest's hexadecimal part. */
const BLOB_NAME = /^[0-9a-f]{64}$/;

/**
 * Writes a compiled pipeline: `file`, and a folder with a file for each blob. Whoever reads it meanwhile finds the old or
 * the new, and all its code. Of the folder's files only those of blobs that are named no more are removed.
 */
export async function writeCompiled(file: string, { compiled, blobs }: Submittable): Promise<void> {
  const folder = blobFolder(file);
  refuseFarFolder(dirname(file));
  makeFolder(dirname(file), 'Name another file with --output.');
  await mkdir(folder, { recursive: true });
  const names = new Set([...blobs.keys()].map(blobName));
  for (const [digest, bytes] of blobs) await replaceFile(join(folder, blobName(digest)), bytes);
  await replaceFile(file, `${JSON.stringify(compiled, null, 2)}\n`);
  const old = (await readdir(folder)).filter((name) => BLOB_NAME.test(name) && !names.has(name));
  for (const name of old) await rm(join(folder, name), { force: true });
}

function blobName(digest: Digest): string {
  return digest.slice('sha256:'.length);
}

/**
 * What is there and is a compiled pipeline may be written anew; an empty file has nothing to lose.
 *
 * @throws CliError for any other file, which may be somebody's data.
 */
export async function refuseToReplace(file: string): Promise<void> {
  const found = statSync(file, { throwIfNoEntry: false });
  if (found === undefined || (found.isFile() && found.size === 0)) return;
  if (found.isFile() && isCompiled(await readFile(file, 'utf8'))) return;
  const what = found.isFile() ? 'is there already, and is no compiled pipeline' : 'is a folder';
  throw new CliError(EXIT.badInput, `${file} ${what}: it is left as it is.`, {
    next: 'Name another file with -o, for instance -o compiled.json.',
  });
}

function isCompiled(text: string): boolean {
  try {
    return isDocument(JSON.parse(text));
  } catch {
    return false;
  }
}

function isDocument(value: unknown): value is CompiledPipeline {
  return typeof value === 'object' && value !== null && 'millrace' in value && 'ir' in value;
}

/** Written beside it first, so that what is there is never in part. */
async function replaceFile(file: string, content: string | Uint8Array): Promise<void> {
  const written = `${file}.${process.pid}.tmp`;
  try {
    await writeFile(written, content);
    await rename(written, file);
  } catch (error) {
    await rm(written, { force: true });
    throw error;
  }
}

/** Folders are made inside the working folder; elsewhere one that is missing is a typing error rather. */
function refuseFarFolder(folder: string): void {
  if (existsSync(folder) || !relative(process.cwd(), folder).startsWith('..')) return;
  throw new CliError(EXIT.badInput, `There is no folder ${folder}.`, {
    next: 'Make it first, or name another file with --output.',
  });
}

/** @throws CliError when the file is no compiled pipeline. What is in it is checked where it is submitted. */
export async function readCompiled(file: string): Promise<Submittable> {
  const compiled = parse(file, await readFile(file, 'utf8'));
  const folder = blobFolder(file);
  const names = (await readdir(folder).catch(() => [])).filter((name) => BLOB_NAME.test(name));
  const contents = await Promise.all(names.map(async (name) => new Uint8Array(await readFile(join(folder, name)))));
  return { compiled, blobs: new Map(contents.map((bytes) => [digestOfBytes(bytes), bytes])) };
}

function parse(file: string, text: string): CompiledPipeline {
  const next = 'Make one with `millrace compile pipeline.ts`.';
  try {
    const document: unknown = JSON.parse(text);
    if (isDocument(document)) return document;
  } catch (error) {
    throw new CliError(EXIT.badInput, `${file} is no JSON.`, { next, cause: error });
  }
  throw new CliError(EXIT.badInput, `${file} is JSON, and no compiled pipeline.`, { next });
}
