import { SourceMap } from 'node:module';
import { relative, sep } from 'node:path';
import type { Message } from 'esbuild';
import type { UserModule } from './user-module.ts';

/** A path as people and other machines know it: from `folder`, with `/`. */
export function relativePath(folder: string, file: string): string {
  return relative(folder, file).split(sep).join('/');
}

/** esbuild's sentence with file, line and column before it. */
export function sentenceOf(message: Message): string {
  const { location, text } = message;
  const sentence = /[.!?]$/.test(text) ? text : `${text}.`;
  return location === null ? sentence : `${location.file}:${location.line}:${location.column + 1}: ${sentence}`;
}

/** The message with its place in the source, when its place is in the JavaScript that a module was read as. */
export function inSource(
  message: Message,
  modules: ReadonlyMap<string, UserModule>,
  fileOf: (path: string) => string,
): Message {
  const module = message.location === null ? undefined : modules.get(fileOf(message.location.file));
  if (module === undefined || message.location === null) return message;
  const line = module.originalLine(message.location.line, message.location.column);
  return {
    ...message,
    location: { ...message.location, line, column: module.source.split('\n')[line - 1]?.search(/\S/) ?? 0 },
  };
}

/** Where in the sources an error was thrown that came out of a bundle; null when its stack does not say. */
export function placeOfThrow(error: unknown, bundleName: string, map: string): { file: string; line: number } | null {
  const stack = error instanceof Error ? (error.stack ?? '') : '';
  const start = stack.indexOf(`${bundleName}:`);
  const match = start < 0 ? null : /^:(\d+)(?::(\d+))?/.exec(stack.slice(start + bundleName.length));
  if (match === null) return null;
  const entry = new SourceMap(JSON.parse(map)).findEntry(Number(match[1]) - 1, Number(match[2] ?? 1) - 1);
  return 'originalSource' in entry ? { file: entry.originalSource, line: entry.originalLine + 1 } : null;
}
