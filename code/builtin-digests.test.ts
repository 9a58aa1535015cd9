import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { computeBuiltinDigests } from './builtin-digests.ts';
import { millraceFolder } from './installation.ts';
import { type Files, temporaryFolders } from './temporary-folder.suite.ts';

const folderWith = temporaryFolders();

const definition = (name: string, body: string) => `
import { z } from 'zod';
import { defineBuiltinStep } from '${millraceFolder()}/dist/dsl/builtin-step.js';
import { scale } from '../data/scale.js';
const Row = z.object({ value: z.number() });
export const ${name} = defineBuiltinStep({ name: '${name}', input: Row, output: Row }).implement(async ({ input }) => ${body});
`;
const STEPS: Files = {
  'package.json': '{"type":"module"}',
  'activities/steps.js': `export { double } from './double.js';\nexport { halve } from './halve.js';\n`,
  'activities/double.js': definition('double', '({ value: input.value * 2 })'),
  'activities/halve.js': definition('halve', '({ value: scale(input.value) })'),
  'data/scale.js': 'export const scale = (value) => value / 2;\n',
};

async function changedBy(file: string, from: string, to: string): Promise<string[]> {
  const after = { ...STEPS, [file]: (STEPS[file] ?? '').replace(from, to) };
  expect(after[file]).not.toBe(STEPS[file]);
  const [left, right] = await Promise.all(
    [STEPS, after].map(async (files) => computeBuiltinDigests(join(await folderWith(files), 'activities/steps.js'))),
  );
  return Object.keys(left ?? {}).filter((name) => left?.[name] !== right?.[name]);
}

describe('the digest of a built-in step', () => {
  it('changes with the step’s code alone', async () => {
    expect(await changedBy('activities/halve.js', 'scale(input.value)', 'scale(input.value + 1)')).toEqual(['halve']);
  });
  it('changes with the code that the step uses', async () => {
    expect(await changedBy('data/scale.js', '/ 2', '* 0.5')).toEqual(['halve']);
  });
  it('changes with the exact version of a package that the step uses', async () => {
    const files = {
      ...STEPS,
      'activities/double.js': `import { twice } from 'dep';\n${definition('double', '({ value: twice(input.value) })')}`,
      'node_modules/dep/package.json': '{"name":"dep","version":"1.0.0","type":"module","main":"index.js"}',
      'node_modules/dep/index.js': 'export const twice = (value) => value * 2;\n',
    };
    const manifest = files['node_modules/dep/package.json'].replace('1.0.0', '1.0.1');
    const [before, after] = await Promise.all(
      [files, { ...files, 'node_modules/dep/package.json': manifest }].map(async (each) =>
        computeBuiltinDigests(join(await folderWith(each), 'activities/steps.js')),
      ),
    );
    expect(after?.double).not.toBe(before?.double);
    expect(after?.halve).toBe(before?.halve);
  });
  it('does not change with another folder, a comment or a new step', async () => {
    const more = `export { double } from './double.js';\nexport { third } from './third.js';\n`;
    const files = { ...STEPS, 'activities/third.js': definition('third', 'input') };
    expect(await changedBy('activities/double.js', 'const Row', '// A row.\nconst Row')).toEqual([]);
    const digests = await computeBuiltinDigests(
      join(await folderWith({ ...files, 'activities/steps.js': more }), 'activities/steps.js'),
    );
    const before = await computeBuiltinDigests(join(await folderWith(STEPS), 'activities/steps.js'));
    expect(Object.keys(digests)).toEqual(['double', 'third']);
    expect(digests.double).toBe(before.double);
  });
});
