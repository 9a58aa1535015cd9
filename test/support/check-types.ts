import { resolve } from 'node:path';
import ts from 'typescript';

const ROOT = resolve(import.meta.dirname, '../..');

/** A module that exists in memory only, as if it lay at the root of the repository. */
export interface VirtualModule {
  readonly name: string;
  readonly text: string;
}

export interface TypeProblem {
  readonly module: string;
  /** From 1. */
  readonly line: number;
  readonly message: string;
}

/** Checks modules as strictly as the tests are; `millrace` in them is the built package. */
export function checkTypes(modules: readonly VirtualModule[]): readonly TypeProblem[] {
  const texts = new Map(modules.map(({ name, text }) => [resolve(ROOT, name), text]));
  const options: ts.CompilerOptions = { ...readOptions(), noUnusedLocals: true, noUnusedParameters: true };
  const host = ts.createCompilerHost(options);
  const { getSourceFile, fileExists, readFile } = host;
  host.fileExists = (path) => texts.has(path) || fileExists(path);
  host.readFile = (path) => texts.get(path) ?? readFile(path);
  host.getSourceFile = (path, ...rest) => {
    const text = texts.get(path);
    if (text === undefined) return getSourceFile(path, ...rest);
    // A module to Node as the files beside package.json are.
    const format = { languageVersion: ts.ScriptTarget.ES2023, impliedNodeFormat: ts.ModuleKind.ESNext } as const;
    return ts.createSourceFile(path, text, format);
  };
  const program = ts.createProgram([...texts.keys()], options, host);
  return ts.getPreEmitDiagnostics(program).map(({ file, start, messageText }) => ({
    module: file ? file.fileName.slice(ROOT.length + 1) : '',
    line: file && start !== undefined ? file.getLineAndCharacterOfPosition(start).line + 1 : 1,
    message: ts.flattenDiagnosticMessageText(messageText, ' '),
  }));
}

function readOptions(): ts.CompilerOptions {
  const config = ts.readConfigFile(resolve(ROOT, 'tsconfig.test.json'), ts.sys.readFile);
  const { options } = ts.parseJsonConfigFileContent({ ...config.config, include: [], files: ['x.ts'] }, ts.sys, ROOT);
  return options;
}
