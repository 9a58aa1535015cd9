import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { compileFile } from '../../code/compile-file.ts';
import { CliError, EXIT } from '../cli-error.ts';
import { readCompiled, type Submittable } from './compiled-file.ts';

/** A pipeline from its source (`.ts`, `.js`, …), compiled now, or from a compiled file (`.json`). Warnings go to stderr. */
export async function loadPipeline(file: string): Promise<Submittable> {
  const path = resolve(file);
  if (!existsSync(path)) {
    throw new CliError(EXIT.badInput, `There is no file ${file}.`, {
      next: 'Make a first pipeline with `millrace init`.',
    });
  }
  if (path.endsWith('.json')) return readCompiled(path);
  const { compiled, blobs, warnings } = await compileFile(path);
  for (const warning of warnings) process.stderr.write(`warning: ${warning.message}\n`);
  return { compiled, blobs };
}
