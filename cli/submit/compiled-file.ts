import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
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

/** Writes a compiled pipeline: `file`, and a folder with a file for each blob, named by its digest's hexadecimal part. */
export async function writeCompiled(file: string, { compiled, blobs }: Submittable): Promise<void> {
  const folder = blobFolder(file);
  refuseFarFolder(dirname(file));
  makeFolder(dirname(file), 'Name another file with --output.');
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  for (const [digest, bytes] of blobs) await writeFile(join(folder, digest.slice('sha256:'.length)), bytes);
  await writeFile(file, `${JSON.stringify(compiled, null, 2)}\n`);
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
  const names = await readdir(folder).catch(() => []);
  const contents = await Promise.all(names.map(async (name) => new Uint8Array(await readFile(join(folder, name)))));
  return { compiled, blobs: new Map(contents.map((bytes) => [digestOfBytes(bytes), bytes])) };
}

function parse(file: string, text: string): CompiledPipeline {
  const next = 'Make one with `millrace compile pipeline.ts`.';
  try {
    const document: unknown = JSON.parse(text);
    if (typeof document === 'object' && document !== null && 'millrace' in document && 'ir' in document) {
      return document as CompiledPipeline;
    }
  } catch (error) {
    throw new CliError(EXIT.badInput, `${file} is no JSON.`, { next, cause: error });
  }
  throw new CliError(EXIT.badInput, `${file} is JSON, and no compiled pipeline.`, { next });
}
