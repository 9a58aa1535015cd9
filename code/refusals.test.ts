import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { CodeErrorCode } from './code-error.ts';
import { compileFile } from './compile-file.ts';
import { millraceFolder } from './installation.ts';
import { type Files, temporaryFolders } from './temporary-folder.suite.ts';

const folderWith = temporaryFolders();

const HEAD = `import { z } from 'zod';
import { defineStep, definePipeline } from 'millrace';
const Row = z.object({ value: z.number() });
`;
const STEP = `export const one = defineStep({ name: 'one', input: Row, output: Row }).implement(({ input }) => input);
`;
const TAIL = `export default definePipeline({ name: 'p', params: Row }, ({ params }) => one({ value: params.value }));
`;
const command = (words: string, files: string) => `${HEAD}
const one = defineStep({ name: 'one', input: Row, output: Row, process: { command: ${words}, files: ${files} } });
${TAIL}`;

const REFUSALS: readonly [string, CodeErrorCode, RegExp, Files][] = [
  ['a file that is not there', 'fileMissing', /There is no file .*pipeline\.ts.*millrace run/, {}],
  [
    'a syntax error',
    'syntax',
    /^pipeline\.ts:4:7: Expected identifier but found "="\.$/,
    { 'pipeline.ts': `${HEAD}const = 3;\n` },
  ],
  [
    'a syntax error in a module',
    'syntax',
    /^lib\/a\.ts:2:\d+: /,
    { 'pipeline.ts': `import './lib/a.ts';\n`, 'lib/a.ts': '\nconst = 3;\n' },
  ],
  [
    'an import that is not there',
    'importNotFound',
    /^pipeline\.ts:3:\d+: Could not resolve "\.\/gone\.ts"/,
    {
      'pipeline.ts': `interface Long {\n  a: string }\nimport { gone } from './gone.ts';\nexport const x: Long = gone;\n`,
    },
  ],
  [
    'a package that is not installed',
    'importNotFound',
    /^pipeline\.ts:1:\d+: Could not resolve "no-such-package-here"\. Install it: npm install no-such-package-here$/,
    { 'pipeline.ts': `import x from 'no-such-package-here';\nexport const y = x;\n` },
  ],
  [
    'a top level that throws',
    'loadFailed',
    /^pipeline\.ts:6: .*TypeError: Cannot read properties of undefined \(reading 'a'\)/,
    {
      'pipeline.ts': `interface A {\n  a: string;\n}\nconst nothing = { a: undefined } as unknown as { a: A };\n// here\nexport const z = nothing.a.a.length;\n`,
    },
  ],
  [
    'no default export',
    'notAPipeline',
    /^pipeline\.ts has no default export\. Write: export default definePipeline/,
    { 'pipeline.ts': HEAD + STEP },
  ],
  [
    'a default export of something else',
    'notAPipeline',
    /default export of pipeline\.ts is no pipeline/,
    { 'pipeline.ts': 'export default 3;' },
  ],
  [
    'a pipeline under a name only',
    'notAPipeline',
    /exports the pipeline nightly: make one the default export, as in: export default nightly\.$/,
    { 'pipeline.ts': HEAD + STEP + TAIL.replace('export default', 'export const nightly =') },
  ],
  [
    'a step made in a function',
    'stepNotFound',
    /Step 'inner-step' of pipeline 'p' .*inside a function.*export const innerStep = defineStep/,
    {
      'pipeline.ts': `${HEAD}const make = () => defineStep({ name: 'inner-step', input: Row, output: Row }).implement(({ input }) => input);
export default definePipeline({ name: 'p', params: Row }, ({ params }) => make()({ value: params.value }));\n`,
    },
  ],
  [
    'native code',
    'nativePackage',
    /fast-native carries native code.*process or container step/,
    {
      'pipeline.ts': `import { go } from 'fast-native';\n${HEAD}${STEP.replace('=> input', '=> go(input)')}${TAIL}`,
      'node_modules/fast-native/package.json':
        '{"name":"fast-native","version":"1.0.0","gypfile":true,"main":"index.js"}',
      'node_modules/fast-native/index.js': 'module.exports = require("bindings")("fast")',
      'node_modules/bindings/package.json': '{"name":"bindings","version":"1.0.0"}',
      'node_modules/bindings/index.js': 'module.exports = () => ({})',
    },
  ],
  [
    'a lazy import that is not there',
    'importNotFound',
    /^pipeline\.ts:4:\d+: Could not resolve "\.\/gone\.ts"\. There is no such file: correct the path\.$/,
    {
      'pipeline.ts': `interface A {\n  a: string;\n}\nexport const late = () => import('./gone.ts');\nexport const more: A[] = [];\n`,
    },
  ],
  [
    'a step that the DSL refuses',
    'loadFailed',
    /^pipeline\.ts:4: Step 'one': [^:]+/,
    {
      'pipeline.ts': `${HEAD}export const one = defineStep({ name: 'one', input: Row, output: Row, timeout: 'soon' as never });\n`,
    },
  ],
  [
    'a body that throws',
    'loadFailed',
    /^pipeline\.ts:6: the body of pipeline 'p' failed: TypeError: Cannot read/,
    {
      'pipeline.ts': `${HEAD}${STEP}export default definePipeline({ name: 'p', params: Row }, () => {
  return (undefined as unknown as { x: number }).x; });\n`,
    },
  ],
  [
    'a body that the DSL refuses',
    'loadFailed',
    /^pipeline\.ts:6: Pipeline 'p': the body of pipeline 'p' has two tasks named 'one'/,
    {
      'pipeline.ts': `${HEAD}${STEP}export default definePipeline({ name: 'p', params: Row }, () => { one({ value: 1 });
  one({ value: 2 }); });\n`,
    },
  ],
  [
    'a name that a module does not export',
    'importNotFound',
    /^pipeline\.ts:\d+:\d+: No matching export in "lib\/a\.ts" for import "gone"/,
    {
      'pipeline.ts': `import { gone } from './lib/a.ts';\nexport const y = gone;\n`,
      'lib/a.ts': 'export const here = 1;',
    },
  ],
  [
    'a light step with native code',
    'lightStep',
    /Step 'one' is light and uses apache-arrow/,
    {
      'pipeline.ts': `import { tableFromArrays } from 'apache-arrow';\n${HEAD}
export const one = defineStep({ name: 'one', cost: 'light', input: Row, output: Row }).implement(() => ({ value: tableFromArrays({}).numRows }));
${TAIL}`,
    },
  ],
  [
    'a built-in step that this installation does not have',
    'builtin',
    /builtin-steps\.json is missing|has no built-in step 'one'/,
    {
      'pipeline.ts': `import { defineBuiltinStep } from '${millraceFolder()}/dist/dsl/builtin-step.js';\n${HEAD}
const one = defineBuiltinStep({ name: 'one', input: Row, output: Row }).implement(({ input }) => input);
${TAIL}`,
    },
  ],
  [
    'await at the top level',
    'syntax',
    /^pipeline\.ts:\d+:\d+: A pipeline file cannot wait at its top level \(await\)\. Wait in a step/,
    { 'pipeline.ts': `${HEAD}const x = await Promise.resolve(3);\nexport default x;\n` },
  ],
  [
    'a name that millrace does not have',
    'importNotFound',
    /^pipeline\.ts:3: 'millrace' exports no 'fanout'\. Did you mean fanOut\?$/,
    {
      'pipeline.ts': `interface A {\n  a: 1 }\nimport { definePipeline, fanout } from 'millrace';\nexport default [definePipeline, fanout];\n`,
    },
  ],
  [
    "a name that a part of millrace and one of Node's modules do not have",
    'importNotFound',
    /^lib\/a\.ts:2: 'node:fs\/promises' exports no 'readFileSync'\. /,
    {
      'pipeline.ts': `import { a } from './lib/a.ts';\nexport default a;\n`,
      'lib/a.ts': `import { on } from 'node:process';\nimport { readFileSync } from 'node:fs/promises';\nexport const a = [on, readFileSync];\n`,
    },
  ],
  [
    'process.exit at the top level',
    'loadFailed',
    /^pipeline\.ts:2: pipeline\.ts called process\.exit while it was loaded\. /,
    { 'pipeline.ts': `import { exit } from 'node:process';\nexit(0);\nexport default 3;\n` },
  ],
  [
    'process.exit in a body, though it is caught',
    'loadFailed',
    /pipeline\.ts called process\.exit while it was loaded\. /,
    {
      'pipeline.ts': `${HEAD}export default definePipeline({ name: 'p' }, () => {\n  try { process.exit(0); } catch {}\n});\n`,
    },
  ],
  [
    'an async body that meets what it cannot wait for',
    'loadFailed',
    /body of pipeline 'p' returned a promise/,
    {
      'pipeline.ts': `${HEAD}export default definePipeline({ name: 'p', params: Row }, async ({ params }) => { String(params.value); });\n`,
    },
  ],
  [
    'a script outside the folder',
    'declaredFile',
    /Step 'one' declares '\.\.\/out\.py', which lies outside/,
    { 'in/pipeline.ts': command(`['python3', '../out.py']`, '[]'), 'out.py': '' },
  ],
  [
    'a glob outside the folder',
    'declaredFile',
    /Step 'one' declares '\.\.\/\*\.py', which lies outside/,
    { 'in/pipeline.ts': command(`['python3']`, `['../*.py']`), 'out.py': '' },
  ],
  [
    'a glob that matches nothing',
    'declaredFile',
    /Step 'one' declares the files 'models\/\*\.bin'/,
    { 'pipeline.ts': command(`['python3']`, `['models/*.bin']`) },
  ],
  [
    'a declared file that is missing',
    'declaredFile',
    /Step 'one' declares the file 'a\.bin', and there is none/,
    { 'pipeline.ts': command(`['python3']`, `['a.bin']`) },
  ],
];

describe('compileFile refuses', () => {
  it.each(REFUSALS)('%s', async (_what, code, message, files) => {
    const folder = await folderWith(files);
    const file = join(folder, 'in/pipeline.ts' in files ? 'in/pipeline.ts' : 'pipeline.ts');
    const error = await compileFile(file).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ name: 'CodeError', code, message: expect.stringMatching(message) });
    expect((error as Error).message).not.toContain('\n');
  });
});
