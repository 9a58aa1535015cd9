import { statSync } from 'node:fs';
import { resolve } from 'node:path';
import { compileFile } from '../../code/compile-file.ts';
import { USER_MODULE_FILES } from '../../code/user-module.ts';
import { CliError, EXIT } from '../cli-error.ts';
import { blaming } from '../stray-errors.ts';
import { readCompiled, type Submittable } from './compiled-file.ts';

/** A pipeline from its source (`.ts`, `.js`, …), compiled now, or from a compiled file (`.json`). Warnings go to stderr. */
export async function loadPipeline(file: string): Promise<Submittable> {
  const path = resolve(file);
  refuseOther(file, path);
  if (path.endsWith('.json')) return readCompiled(path);
  const { compiled, blobs, warnings } = await blaming(file, () => compileFile(path));
  for (const warning of warnings) process.stderr.write(`warning: ${warning.message}\n`);
  return { compiled, blobs };
}

function refuseOther(file: string, path: string): void {
  const found = statSync(path, { throwIfNoEntry: false });
  if (found === undefined) {
    throw new CliError(EXIT.badInput, `There is no file ${file}.`, {
      next: 'Make a first pipeline with `millrace init`.',
    });
  }
  const isRead = path.endsWith('.json') || USER_MODULE_FILES.test(path);
  if (found.isFile() && isRead) return;
  throw new CliError(EXIT.badInput, `${file} is ${found.isFile() ? 'no pipeline file' : 'a folder'}.`, {
    next: 'Give a pipeline in TypeScript or JavaScript (pipeline.ts), or the .json that `millrace compile` wrote.',
  });
}
