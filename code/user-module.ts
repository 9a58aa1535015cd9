import { readFile } from 'node:fs/promises';
import { SourceMap } from 'node:module';
import { extname } from 'node:path';
import { type Program, parse } from 'acorn';
import { type Loader, transform } from 'esbuild';
import { MODULE_URL } from './evaluate-common-js.ts';

/** Source of the author's, read as JavaScript. */
export interface UserModule {
  readonly file: string;
  readonly source: string;
  readonly code: string;
  readonly program: Program;
  /** From `code` to `source`, as a data URL at the end of a text that keeps the lines of `code`. */
  readonly mapComment: string;
  /** Line (from 1) of `source` that a place in `code` came from. Line from 1, column from 0, as acorn counts. */
  originalLine(line: number, column: number): number;
}

const LOADERS: Readonly<Record<string, Loader>> = {
  '.ts': 'ts',
  '.mts': 'ts',
  '.tsx': 'tsx',
  '.js': 'js',
  '.mjs': 'js',
  '.jsx': 'jsx',
};
export const USER_MODULE_FILES = /\.(?:ts|mts|tsx|js|mjs|jsx)$/;

/** How to read a file, where its ending says it; for what is no module, the bundler's own table has the answer. */
export function loaderOf(file: string): Loader {
  return LOADERS[extname(file)] ?? 'default';
}

/** @throws esbuild's TransformFailure on a syntax error. Null for a module that is not an ES module. */
export async function readUserModule(file: string): Promise<UserModule | null> {
  const source = await readFile(file, 'utf8');
  const { code, map } = await transform(source, {
    loader: loaderOf(file),
    target: 'node20',
    sourcefile: file,
    sourcemap: 'external',
    sourcesContent: false,
    define: { 'import.meta.url': MODULE_URL },
  });
  const program = parse(code, { ecmaVersion: 'latest', sourceType: 'module', locations: true });
  if (isCommonJs(program, code)) return null;
  const lines = new SourceMap(JSON.parse(map));
  return {
    file,
    source,
    code,
    program,
    mapComment: `//# sourceMappingURL=data:application/json;base64,${Buffer.from(map).toString('base64')}`,
    originalLine: (line, column) => {
      const entry = lines.findEntry(line - 1, column);
      return 'originalLine' in entry ? entry.originalLine + 1 : line;
    },
  };
}

function isCommonJs(program: Program, code: string): boolean {
  const hasModuleSyntax = program.body.some(({ type }) => type.startsWith('Import') || type.startsWith('Export'));
  return !hasModuleSyntax && /\b(?:module|exports|require)\b/.test(code);
}
