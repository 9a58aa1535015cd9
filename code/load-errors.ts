import { basename, dirname, isAbsolute, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { BuildFailure, Message } from 'esbuild';
import { isCompileError } from '../dsl/index.ts';
import { CodeError } from './code-error.ts';
import { ExitCalled, exitRefusal } from './exit-trap.ts';
import { packageNameOf } from './externals.ts';
import { inSource, placeOfThrow, relativePath, sentenceOf } from './source-location.ts';
import type { UserModule } from './user-module.ts';

/** A build that failed while loading, as one sentence with its place in the author's source. */
export function buildError(failure: BuildFailure, modules: ReadonlyMap<string, UserModule>, folder: string): CodeError {
  const [first] = failure.errors ?? [];
  if (first === undefined) return new CodeError('bundle', failure.message, { cause: failure });
  const message = inSource(first, modules, (path) => join(folder, path));
  const code = /^(?:Could not resolve|No matching export)/.test(message.text) ? 'importNotFound' : 'syntax';
  return new CodeError(code, `${sentenceOf(named(message, folder))}${cureFor(message.text)}`, { cause: failure });
}

function cureFor(text: string): string {
  if (text.startsWith('Top-level await')) return ' Wait in a step, or read what the file needs with readFileSync.';
  const specifier = /^Could not resolve "([^"]+)"/.exec(text)?.[1];
  const name = specifier === undefined ? null : packageNameOf(specifier);
  if (specifier === undefined) return '';
  return name === null ? ' There is no such file: correct the path.' : ` Install it: npm install ${name}`;
}

/** esbuild names files of plugins by their whole path; people know them from the pipeline's folder. */
function named(message: Message, folder: string): Message {
  const { location } = message;
  if (location === null) return message;
  const path = isAbsolute(location.file) ? location.file : join(folder, location.file);
  return { ...message, text: plainText(message.text), location: { ...location, file: relativePath(folder, path) } };
}

/** Which form of modules a bundle has is no concern of the author's. */
function plainText(text: string): string {
  return text.startsWith('Top-level await') ? 'A pipeline file cannot wait at its top level (await)' : text;
}

/**
 * What the author's code threw while it was loaded or compiled. A refusal of the DSL is a sentence already.
 *
 * @param what failed, as the beginning of a sentence.
 */
export function throwError(error: unknown, entry: string, bundleName: string, map: string, what: string): CodeError {
  const place = placeOfThrow(error, bundleName, map);
  const where = place === null ? basename(entry) : `${placeName(dirname(entry), place.file)}:${place.line}`;
  if (error instanceof ExitCalled) return exitRefusal(where, basename(entry), error);
  if (isCompileError(error)) return new CodeError('loadFailed', `${where}: ${error.message}`, { cause: error });
  const said = error instanceof Error && error.name === 'Error' ? error.message : String(error);
  return new CodeError('loadFailed', `${where}: ${what}: ${said}`, { cause: error });
}

function placeName(folder: string, source: string): string {
  return relativePath(folder, source.startsWith('file:') ? fileURLToPath(source) : join(folder, source));
}
