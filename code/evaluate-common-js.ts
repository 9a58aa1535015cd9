import { compileFunction } from 'node:vm';

/** Free names in bundled code, to which the evaluation gives values. */
export const MODULE_URL = 'millrace$moduleUrl';
export const REGISTER = 'millrace$register';

export interface CommonJsScope {
  readonly require: (specifier: string) => unknown;
  readonly folder: string;
  /** Stands for `import.meta.url`. */
  readonly moduleUrl: string;
  /** Told the values of each module's top level, once that module has run. */
  readonly register?: (file: string, values: Readonly<Record<string, unknown>>) => void;
}

/** Runs a CommonJS text and gives its `module.exports`. `filename` is what stack traces show. */
export function evaluateCommonJs(text: string, filename: string, scope: CommonJsScope): Record<string, unknown> {
  const module = { exports: {} as Record<string, unknown> };
  const parameters = ['exports', 'require', 'module', '__filename', '__dirname', MODULE_URL, REGISTER];
  const run = compileFunction(text, parameters, { filename });
  run(module.exports, scope.require, module, filename, scope.folder, scope.moduleUrl, scope.register);
  return module.exports;
}
