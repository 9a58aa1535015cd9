import { readdir, readFile, realpath, stat } from 'node:fs/promises';
import { isAbsolute, join, relative, sep } from 'node:path';
import type { ProcessImplementation } from '../ir/step-contract.ts';
import { CodeError } from './code-error.ts';
import { globExpression, isGlob } from './glob.ts';
import { relativePath } from './source-location.ts';

/**
 * The files of a step that is a command: those it declares, its lock files, and each word of its command that names a file in the
 * pipeline's folder. By path from that folder, with `/`.
 *
 * @throws CodeError `declaredFile` for a glob that matches nothing, and for what lies outside the folder.
 */
export async function declaredFiles(
  step: string,
  { command, files, environment = [] }: ProcessImplementation,
  folder: string,
): Promise<ReadonlyMap<string, Uint8Array>> {
  const paths = new Set<string>();
  for (const word of command)
    if (await isScript(step, word, folder)) paths.add(relativePath(folder, join(folder, word)));
  const declared = [...files, ...environment];
  const all = declared.some(isGlob) ? await filesUnder(folder) : [];
  for (const glob of declared) {
    refuseOutside(step, glob, folder);
    const matching = isGlob(glob) ? matchesOf(glob, all) : [relativePath(folder, join(folder, glob))];
    if (matching.length === 0)
      throw new CodeError(
        'declaredFile',
        `Step '${step}' declares the files '${glob}', and no file in ${folder} matches.`,
      );
    for (const path of matching) paths.add(path);
  }
  const contents = new Map<string, Uint8Array>();
  for (const path of [...paths].sort()) contents.set(path, await readDeclared(step, path, folder));
  return contents;
}

function matchesOf(glob: string, paths: readonly string[]): readonly string[] {
  const expression = globExpression(glob.replace(/^\.\//, ''));
  return paths.filter((path) => expression.test(path));
}

async function isScript(step: string, word: string, folder: string): Promise<boolean> {
  if (isAbsolute(word)) return false;
  const isFile = await stat(join(folder, word)).then(
    (found) => found.isFile(),
    () => false,
  );
  if (isFile) refuseOutside(step, word, folder);
  return isFile;
}

/** `node_modules` and hidden folders are in a pattern's reach only by name, or every pattern would take them along. */
async function filesUnder(folder: string, prefix = ''): Promise<string[]> {
  const found: string[] = [];
  for (const entry of await readdir(join(folder, prefix), { withFileTypes: true })) {
    if (entry.name === 'node_modules' || entry.name.startsWith('.')) continue;
    const path = prefix === '' ? entry.name : `${prefix}/${entry.name}`;
    if (entry.isDirectory()) found.push(...(await filesUnder(folder, path)));
    else found.push(path);
  }
  return found;
}

async function readDeclared(step: string, path: string, folder: string): Promise<Uint8Array> {
  const file = join(folder, path);
  const target = await realpath(file).catch(() => null);
  if (target === null || !(await stat(target)).isFile()) {
    throw new CodeError('declaredFile', `Step '${step}' declares the file '${path}', and there is none in ${folder}.`);
  }
  refuseOutside(step, relative(await realpath(folder), target), folder, path);
  return readFile(target);
}

function refuseOutside(step: string, path: string, folder: string, said = path): void {
  const inside = relative(folder, join(folder, path));
  if (!isAbsolute(path) && inside !== '..' && !inside.startsWith(`..${sep}`)) return;
  const message =
    `Step '${step}' declares '${said}', which lies outside the pipeline's folder ${folder}. ` +
    `Move it into that folder: only what lies there is packaged.`;
  throw new CodeError('declaredFile', message);
}
