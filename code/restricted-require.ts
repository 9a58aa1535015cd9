import { createRequire, isBuiltin } from 'node:module';
import { EnvironmentError } from './environment-error.ts';

/** Libraries that try for an optional package look at the code. */
class ModuleNotFound extends EnvironmentError {
  readonly code = 'MODULE_NOT_FOUND';
}

/**
 * The `require` of bundled code: Node's own modules, and the files that `resolve` gives.
 *
 * @param resolve the file to load for an import; null for what the code may not have.
 */
export function restrictedRequire(resolve: (specifier: string) => string | null): (specifier: string) => unknown {
  const load = createRequire(import.meta.url);
  return (specifier) => {
    if (isBuiltin(specifier)) return load(specifier);
    const file = resolve(specifier);
    if (file !== null) return load(file);
    throw new ModuleNotFound(
      `The code asks for '${specifier}' while it runs, and its package does not have it. Import it with a constant ` +
        'path at the top of the file, so that it is packaged with the step.',
    );
  };
}
