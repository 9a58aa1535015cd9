import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const ROOMS = ['ir', 'platform', 'dsl', 'code', 'store', 'workers/host'];

export interface BuiltRooms {
  /** Stands for Millrace's own folder: package.json, `dist/`. */
  readonly folder: string;
  readonly remove: () => void;
}

/**
 * Builds what a child process loads, file by file and without checking types, in the layout of `dist/`: a child runs
 * what is in the working tree now, and not what was built some time ago.
 */
export function buildRooms(): BuiltRooms {
  const parent = join(ROOT, 'node_modules', '.millrace-test');
  mkdirSync(parent, { recursive: true });
  const folder = mkdtempSync(join(parent, 'rooms-'));
  writeFileSync(join(folder, 'package.json'), readFileSync(join(ROOT, 'package.json')));
  for (const room of ROOMS) {
    for (const path of readdirSync(join(ROOT, room), { recursive: true, encoding: 'utf8' })) {
      if (/\.[jt]s$/.test(path) && !/\.(test|suite|test-d)\.ts$/.test(path)) buildFile(join(room, path), folder);
    }
  }
  return { folder, remove: () => rmSync(folder, { recursive: true, force: true }) };
}

function buildFile(path: string, folder: string): void {
  const target = join(folder, 'dist', path.replace(/\.ts$/, '.js'));
  const { outputText } = ts.transpileModule(readFileSync(join(ROOT, path), 'utf8'), {
    fileName: path,
    compilerOptions: {
      target: ts.ScriptTarget.ES2023,
      module: ts.ModuleKind.ESNext,
      allowJs: true,
      rewriteRelativeImportExtensions: true,
      verbatimModuleSyntax: true,
    },
  });
  mkdirSync(dirname(target), { recursive: true });
  writeFileSync(target, outputText);
}
