import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { compileFile } from './compile-file.ts';
import { loadStep, materialise } from './load-package.ts';
import { type Files, temporaryFolders } from './temporary-folder.suite.ts';

const folderWith = temporaryFolders();

const HEAD = `import { z } from 'zod';
import { defineStep, definePipeline } from 'millrace';
const Row = z.object({ value: z.number() });
`;
const step = (name: string, by: number) =>
  `defineStep({ name: '${name}', input: Row, output: Row }).implement(async ({ input }) => ({ value: input.value * ${by} }))`;
const pipeline = (call: string) =>
  `export default definePipeline({ name: 'p', params: Row }, ({ params }) => { const call = ${call}; return call({ value: params.value }); });\n`;

/** Compiles the folder's pipeline, runs its only step on 10 in a package of its own, and gives result and bundle. */
async function resultOf(files: Files) {
  const folder = await folderWith(files);
  const { compiled, blobs, warnings } = await compileFile(join(folder, 'pipeline.ts'));
  const [manifest] = Object.values(compiled.packages);
  if (manifest === undefined) throw new Error('no package');
  const getBlob = async (digest: string) => blobs.get(digest as never) ?? new Uint8Array();
  const loaded = loadStep(await materialise(manifest, getBlob, join(folder, 'cache')), manifest);
  const output = await loaded.handler?.({ input: { value: 10 }, task: {} as never });
  const bundle = Buffer.from(await getBlob(manifest.bundle?.digest ?? '')).toString();
  return { value: (output as { value: number }).value, bundle, manifest, warnings };
}

describe('a step is found', () => {
  it.each<[string, Files]>([
    ['without an export', { 'pipeline.ts': `${HEAD}const one = ${step('one', 2)};\n${pipeline('one')}` }],
    [
      'as a default export',
      {
        'pipeline.ts': `import one from './one.ts';\n${HEAD}${pipeline('one')}`,
        'one.ts': `${HEAD}export default ${step('one', 2)};\n`,
      },
    ],
    [
      'under another name',
      {
        'pipeline.ts': `import { uno } from './one.ts';\n${HEAD}${pipeline('uno')}`,
        'one.ts': `${HEAD}const one = ${step('one', 2)};\nexport { one as uno };\n`,
      },
    ],
    [
      'through modules that pass it on',
      {
        'pipeline.ts': `import { uno } from './index.ts';\n${HEAD}export const alias = uno;\n${pipeline('alias')}`,
        'index.ts': `export * from './named.ts';\n`,
        'named.ts': `export { one as uno } from './one.ts';\n`,
        'one.ts': `${HEAD}export const one = ${step('one', 2)};\n`,
      },
    ],
    [
      'in a namespace',
      {
        'pipeline.ts': `import * as steps from './one.ts';\n${HEAD}${pipeline('steps.one')}`,
        'one.ts': `${HEAD}export const one = ${step('one', 2)};\nexport const two = ${step('two', 3)};\n`,
      },
    ],
    [
      'in an object',
      { 'pipeline.ts': `${HEAD}const steps = { all: [${step('one', 2)}] } as const;\n${pipeline('steps.all[0]')}` },
    ],
    [
      'made by a function of another module',
      {
        'pipeline.ts': `import { make } from './make.ts';\n${HEAD}const one = make('one', 2);\nconst two = make('two', 3);\n${pipeline('one')}`,
        'make.ts': `${HEAD}export function make(name: string, by: number) { return defineStep({ name, input: Row, output: Row }).implement(async ({ input }) => ({ value: input.value * by })); }\n`,
      },
    ],
    ['taken apart', { 'pipeline.ts': `${HEAD}const { one } = { one: ${step('one', 2)} };\n${pipeline('one')}` }],
    [
      'in two halves',
      {
        'pipeline.ts': `${HEAD}const contract = defineStep({ name: 'one', input: Row, output: Row });\nexport const one = contract.implement(async ({ input }) => ({ value: input.value * 2 }));\n${pipeline('one')}`,
      },
    ],
    [
      'in a package that is built on Millrace',
      {
        'pipeline.ts': `import { one } from 'acme-steps';\n${HEAD}${pipeline('one')}`,
        'node_modules/acme-steps/package.json':
          '{"name":"acme-steps","version":"1.0.0","type":"module","exports":"./index.js","peerDependencies":{"millrace":"*"}}',
        'node_modules/acme-steps/index.js': `${HEAD}export const one = ${step('one', 2)};\nexport const two = ${step('two', 3)};\n`,
      },
    ],
  ])('%s', async (_where, files) => {
    const { value, bundle } = await resultOf(files);
    expect(value).toBe(20);
    expect(bundle).not.toMatch(/definePipeline|"two"|'two'/);
  });

  it('by the module that made it, so that passing it on changes nothing', async () => {
    const one = { 'one.ts': `${HEAD}export const one = ${step('one', 2)};\n` };
    const direct = await resultOf({
      ...one,
      'pipeline.ts': `import { one } from './one.ts';\n${HEAD}${pipeline('one')}`,
    });
    const passed = await resultOf({
      ...one,
      'index.ts': `import { one } from './one.ts';\nexport const steps = { one };\n`,
      'pipeline.ts': `import { steps } from './index.ts';\n${HEAD}${pipeline('steps.one')}`,
    });
    expect(passed.manifest.digest).toBe(direct.manifest.digest);
  });
});

describe('a bundle', () => {
  const CJS_PACKAGE = {
    'package.json': '{"name":"times","version":"1.0.0","main":"lib/main.js"}',
    'lib/main.js': `const { by } = require('./by.js'); module.exports = { times: (value) => value * by };`,
    'lib/by.js': `exports.by = 2;`,
  };
  const inFolder = (folder: string): Files =>
    Object.fromEntries(Object.entries(CJS_PACKAGE).map(([path, text]) => [`${folder}/${path}`, text]));
  const uses = (file: string) => `import { times } from '${file}';\n${HEAD}
export const one = defineStep({ name: 'one', input: Row, output: Row }).implement(async ({ input }) => ({ value: times(input.value) }));
${pipeline('one')}`;

  it('takes packages along, and is the same wherever they are installed', async () => {
    const near = await resultOf({ 'pipeline.ts': uses('times'), ...inFolder('node_modules/times') });
    const folder = await folderWith({ 'deep/er/pipeline.ts': uses('times'), ...inFolder('node_modules/times') });
    const { compiled } = await compileFile(join(folder, 'deep/er/pipeline.ts'));
    expect(near.value).toBe(20);
    expect(near.bundle).not.toMatch(/node_modules|main\.js/);
    expect(Object.keys(compiled.packages)).toEqual([near.manifest.digest]);
  });

  it('has neither the packages, nor the natives, nor the lazy imports of another step', async () => {
    const alone = `import { helper } from './helper.ts';\n${HEAD}
export const one = defineStep({ name: 'one', input: Row, output: Row }).implement(async ({ input }) => ({ value: helper(input.value) }));
`;
    const other = `import { times } from 'times';\nimport { tableFromArrays } from 'apache-arrow';\nimport { by } from './by.ts';
export const two = defineStep({ name: 'two', input: Row, output: Row }).implement(async ({ input }) => {
  const { helper: late } = await import('./helper.ts');
  const { times: again } = await import('times');
  return { value: times(by) + again(late(input.value)) + tableFromArrays({}).numCols };
});
`;
    const rest: Files = {
      'helper.ts': 'export const helper = (value: number) => value * 2;\n',
      'by.ts': `export const by = Number('3');\nperformance.mark('by');\n`,
      ...inFolder('node_modules/times'),
    };
    const before = await resultOf({ 'pipeline.ts': alone + pipeline('one'), ...rest });
    const after = await resultOf({ 'pipeline.ts': alone + other + pipeline('one'), ...rest });
    expect(after.bundle).toBe(before.bundle);
    expect(after.manifest).toEqual(before.manifest);
    expect(before.warnings.concat(after.warnings)).toEqual([]);
  });

  it.each([
    ['Node’s rules', '{"type":"module"}', 'times.default(input.value)'],
    ['bundlers’ rules', '{}', 'times(input.value)'],
  ])('imports CommonJS by %s, as it does when it is compiled', async (_whose, packageJson, call) => {
    const { value, bundle } = await resultOf({
      'package.json': packageJson,
      'index.ts': `import times from 'times';
${HEAD}
const atLoad = ((value: number) => ${call.replace('input.value', 'value')})(5);
export const one = defineStep({ name: 'one', input: Row, output: Row }).implement(async ({ input }) => ({ value: ${call} + atLoad }));
export * as self from './index.ts';
export default { one };
`,
      'pipeline.ts': `import * as all from './index.ts';\n${HEAD}${pipeline('all.self.default.one')}`,
      'node_modules/times/package.json': '{"name":"times","version":"1.0.0"}',
      'node_modules/times/index.js': `Object.defineProperty(exports, '__esModule', { value: true }); exports.default = (value) => value * 2;`,
    });
    expect(value).toBe(30);
    expect(bundle).not.toMatch(/millrace-code/);
  });

  it('takes data and CommonJS of the author along', async () => {
    const { value } = await resultOf({
      'pipeline.ts': `import factors from './factors.json' with { type: 'json' };\nimport { add } from './add.cjs';\n${HEAD}
export const one = defineStep({ name: 'one', input: Row, output: Row }).implement(async ({ input }) => ({ value: add(input.value, factors.by) }));
${pipeline('one')}`,
      'factors.json': '{"by": 7}',
      'add.cjs': 'exports.add = (a, b) => a + b;',
    });
    expect(value).toBe(17);
  });

  it('names the exact version of a native package that it uses', async () => {
    const { manifest, value } = await resultOf({
      'pipeline.ts': `import { tableFromArrays } from 'apache-arrow';\n${HEAD}
export const one = defineStep({ name: 'one', input: Row, output: Row }).implement(async ({ input }) => ({ value: tableFromArrays({ a: [input.value] }).numRows }));
${pipeline('one')}`,
    });
    expect(value).toBe(1);
    expect(manifest.externals).toMatchObject({
      'apache-arrow': expect.stringMatching(/^\d+\.\d+\.\d+$/),
      zod: expect.any(String),
    });
  });

  it('does not depend on how many steps are bundled with it', async () => {
    const many = ['a', 'b', 'c'].map((name, index) => `export const ${name} = ${step(name, index)};\n`).join('');
    const helpers = `function helper(value: number) { return value + 1; }\nclass Wrong extends Error {}\n`;
    const one = `export const one = defineStep({ name: 'one', input: Row, output: Row }).implement(async ({ input }) => { if (input.value < 0) throw new Wrong(); return { value: helper(input.value) }; });\n`;
    const body =
      "export default definePipeline({ name: 'p', params: Row }, ({ params }) => { one({ value: params.value }); LIST });\n";
    const folder = await folderWith({
      'few.ts': HEAD + helpers + one + body.replace('LIST', ''),
      'many.ts':
        HEAD + many + helpers + one + body.replace('LIST', 'a({ value: 1 }); b({ value: 1 }); c({ value: 1 });'),
    });
    const [few, all] = [await compileFile(join(folder, 'few.ts')), await compileFile(join(folder, 'many.ts'))];
    expect(Object.keys(all.compiled.code)).toHaveLength(4);
    expect(all.compiled.packages).toMatchObject(few.compiled.packages);
  });
});
