import { createRequire, isBuiltin } from 'node:module';
import type { ImportDeclaration } from 'acorn';
import { nearestName } from '../ir/nearest-name.ts';
import { CodeError } from './code-error.ts';
import type { Reading } from './loading-plugin.ts';
import { relativePath } from './source-location.ts';
import type { UserModule } from './user-module.ts';

const load = createRequire(import.meta.url);

/**
 * Refuses names that Node's modules and the external packages do not have. The bundler looks into neither, and the file
 * would run until the name is called, which is then no function.
 *
 * @throws CodeError `importNotFound`
 */
export function refuseMissingExports({ modules, externalFiles }: Reading, folder: string): void {
  for (const module of modules.values()) {
    for (const statement of module.program.body) {
      if (statement.type !== 'ImportDeclaration') continue;
      const source = String(statement.source.value);
      const file = isBuiltin(source) ? source : externalFiles.get(`${module.file} ${source}`);
      if (file !== undefined) check(statement, source, file, module, folder);
    }
  }
}

function check(statement: ImportDeclaration, source: string, file: string, module: UserModule, folder: string): void {
  for (const specifier of statement.specifiers) {
    if (specifier.type !== 'ImportSpecifier' || specifier.imported.type !== 'Identifier') continue;
    const { name, loc } = specifier.imported;
    const names = name === 'default' ? null : namesOf(file);
    if (names === null || names.has(name)) continue;
    const line = module.originalLine(loc?.start.line ?? 1, loc?.start.column ?? 0);
    const near = nearestName(name, [...names]);
    const cure = near === null ? 'Correct the name, or the path that it is imported from.' : `Did you mean ${near}?`;
    const where = `${relativePath(folder, module.file)}:${line}`;
    throw new CodeError('importNotFound', `${where}: '${source}' exports no '${name}'. ${cure}`);
  }
}

/** Null for what cannot be loaded: running the file says why. */
function namesOf(file: string): ReadonlySet<string> | null {
  try {
    const exports: unknown = load(file);
    return typeof exports === 'object' || typeof exports === 'function' ? new Set(allNames(exports)) : null;
  } catch {
    return null;
  }
}

/** Those that it inherits too: `process` is an event emitter. */
function allNames(value: unknown): readonly string[] {
  if (value === null || value === undefined || value === Object.prototype) return [];
  return [...Object.getOwnPropertyNames(value), ...allNames(Object.getPrototypeOf(value))];
}
