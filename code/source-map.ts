import { decode, encode, type SourceMapSegment } from '@jridgewell/sourcemap-codec';
import { relativePath } from './source-location.ts';

/** A place in a text before which something was taken out of its line. */
interface Cut {
  /** From 0, both. */
  readonly line: number;
  readonly column: number;
  readonly removed: number;
}

/** The bundler wraps a CommonJS module in a method named by its path; the text has to say the same in every folder. */
export function withoutPaths(text: string): { readonly text: string; readonly cuts: readonly Cut[] } {
  const cuts: Cut[] = [];
  const plain = text.replace(
    /\b(__esm|__commonJS)(\d*)\(\{(?:"(?:[^"\\]|\\.)*"|[\w$]+)\(/g,
    (found: string, helper: string, number: string, offset: number) => {
      const replacement = `${helper}${number}({module(`;
      const before = text.slice(0, offset).split('\n');
      const column = (before.at(-1)?.length ?? 0) + found.length;
      cuts.push({ line: before.length - 1, column, removed: found.length - replacement.length });
      return replacement;
    },
  );
  return { text: plain, cuts };
}

/**
 * The lines that a bundle's text came from, as a source map (revision 3) of the author's own files alone, named as seen
 * from the pipeline's folder. Columns in the sources are left out: packaging moves them.
 *
 * @param map the bundler's, of the text before the cuts.
 * @param isAuthors whether a source of the map is a file of the author's.
 */
export function linesMap(
  map: string,
  cuts: readonly Cut[],
  folder: string,
  isAuthors: (source: string) => boolean,
): Uint8Array {
  const { sources, mappings } = JSON.parse(map) as { sources: readonly string[]; mappings: string };
  const named = new Map<string, number>();
  const numberOf = (source: string): number => {
    if (!named.has(source)) named.set(source, named.size);
    return named.get(source) ?? 0;
  };
  const lines = decode(mappings).map((segments, line) => {
    const cutHere = cuts.filter((cut) => cut.line === line);
    const moved = (column: number) =>
      cutHere.reduce((at, cut) => (cut.column <= column ? at - cut.removed : at), column);
    const places = segments.map(([column, source, sourceLine]): SourceMapSegment => {
      const file = source === undefined ? undefined : sources[source];
      if (file === undefined || sourceLine === undefined || !isAuthors(file)) return [moved(column)];
      return [moved(column), numberOf(file), sourceLine, 0];
    });
    return places.filter((place, index) => !isSamePlace(place, places[index - 1]));
  });
  const files = [...named.keys()].map((source) => relativePath(folder, source));
  return Buffer.from(JSON.stringify({ version: 3, sources: files, names: [], mappings: encode(lines) }));
}

function isSamePlace(place: SourceMapSegment, before: SourceMapSegment | undefined): boolean {
  return before !== undefined && place[1] === before[1] && place[2] === before[2];
}
