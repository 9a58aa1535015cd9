import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { compileFile } from './compile-file.ts';
import { type Files, temporaryFolders } from './temporary-folder.suite.ts';

const folderWith = temporaryFolders();

const PIPELINE = `
import { z } from 'zod';
import { defineStep, definePipeline } from 'millrace';
import { scale } from './scale.ts';
import { shift } from './shift.ts';

const Row = z.object({ value: z.number() });
const Wide = Row.extend({ more: z.string().optional() });
const LIMITS = { low: 0, high: 10 };
const names = ['a', 'b'].map((name) => name + LIMITS.low);

/** Doubles. */
export const double = defineStep({ name: 'double', input: Row, output: Row })
  .implement(async ({ input }) => ({ value: scale(input.value, 2) }));

const halve = defineStep({ name: 'halve', input: Wide, output: Row })
  .implement(async ({ input }) => ({ value: shift(scale(input.value, 0.5), 0) }));

export default definePipeline(
  { name: 'numbers', params: z.object({ start: z.number() }) },
  ({ params }) => halve(double({ value: params.start })),
);
`;
const NUMBERS: Files = {
  'pipeline.ts': PIPELINE,
  'scale.ts': 'export const scale = (value: number, by: number): number => value * by;\n',
  'shift.ts': 'export const shift = (value: number, by: number): number => value + by;\n',
};

async function digestsOf(files: Files, edit: (text: string) => string = (text) => text) {
  const folder = await folderWith({ ...files, 'pipeline.ts': edit(files['pipeline.ts'] ?? '') });
  const { compiled, warnings } = await compileFile(join(folder, 'pipeline.ts'));
  const digests = Object.entries(compiled.code).map(([step, ref]) => [step, 'digest' in ref ? ref.digest : ref.kind]);
  return { digests: Object.fromEntries(digests) as Record<string, string>, warnings, compiled };
}

/** The steps whose digest an edit of the files changes. */
async function changedBy(before: Files, after: Files): Promise<string[]> {
  const [left, right] = [await digestsOf(before), await digestsOf(after)];
  return Object.keys({ ...left.digests, ...right.digests }).filter((key) => left.digests[key] !== right.digests[key]);
}

function edited(from: string, to: string, file = 'pipeline.ts', files = NUMBERS): Files {
  const text = files[file] ?? '';
  expect(text).toContain(from);
  return { ...files, [file]: text.replace(from, to) };
}

describe('compileFile', () => {
  it('gives each handler a package, its blobs and no warning', async () => {
    const folder = await folderWith(NUMBERS);
    const { compiled, blobs, warnings } = await compileFile(join(folder, 'pipeline.ts'));
    expect(Object.keys(compiled.code).sort()).toEqual(['double', 'halve']);
    expect(warnings).toEqual([]);
    for (const { bundle, externals } of Object.values(compiled.packages)) {
      expect(blobs.has(bundle?.digest as never)).toBe(true);
      expect(Object.keys(externals)).toEqual(['zod']);
    }
  });

  it('bundles nothing of the other step, no comment and no path', async () => {
    const folder = await folderWith(NUMBERS);
    const { compiled, blobs } = await compileFile(join(folder, 'pipeline.ts'));
    const code = compiled.code.double;
    const bundle = code?.kind === 'package' ? compiled.packages[code.digest]?.bundle?.digest : undefined;
    const text = Buffer.from(blobs.get(bundle as never) ?? []).toString();
    expect(text).toContain('double');
    for (const other of ['halve', 'shift', 'numbers', 'Doubles', 'PURE', folder, 'LIMITS', '.ts']) {
      expect(text).not.toContain(other);
    }
  });
});

describe('compileFile', () => {
  it('takes the pipeline of the given export', async () => {
    const more = `export const other = definePipeline({ name: 'other', params: Row }, ({ params }) => halve(params));\n`;
    const folder = await folderWith({ ...NUMBERS, 'pipeline.ts': PIPELINE + more });
    const { compiled } = await compileFile(join(folder, 'pipeline.ts'), { exportName: 'other' });
    expect([compiled.ir.name, ...Object.keys(compiled.code)]).toEqual(['other', 'halve']);
  });

  it('packages the files of a command, and nothing for a container', async () => {
    const pipeline = `import { z } from 'zod';
import { defineStep, definePipeline } from 'millrace';
const Row = z.object({ value: z.number() });
const shape = { input: Row, output: Row };
const train = defineStep({ name: 'train', ...shape, process: { command: ['python3', 'py/train.py'], files: ['py/*.txt'] } });
const score = defineStep({ name: 'score', ...shape, container: { image: 'score:1' } });
export default definePipeline({ name: 'p', params: Row }, ({ params }) => score(train(params)));
`;
    const folder = await folderWith({
      'pipeline.ts': pipeline,
      'py/train.py': 'print(1)',
      'py/notes.txt': 'n',
      'py/x.md': 'x',
    });
    const { compiled, blobs } = await compileFile(join(folder, 'pipeline.ts'));
    const [manifest] = Object.values(compiled.packages);
    expect(compiled.code).toEqual({ score: { kind: 'none' }, train: { kind: 'package', digest: manifest?.digest } });
    expect(manifest).toMatchObject({ bundle: null, externals: {} });
    expect(Object.keys(manifest?.files ?? {})).toEqual(['py/notes.txt', 'py/train.py']);
    expect(Buffer.from(blobs.get(manifest?.files['py/train.py'] as never) ?? []).toString()).toBe('print(1)');
  });
});

describe('a command’s digest', () => {
  const PIPELINE_OF = (environment: string) => `import { z } from 'zod';
import { defineStep, definePipeline } from 'millrace';
const Row = z.object({ value: z.number() });
const process = { command: ['python3', 'a.py'], environment: ${environment} };
const a = defineStep({ name: 'a', input: Row, output: Row, process });
export default definePipeline({ name: 'p', params: Row }, ({ params }) => a(params));
`;
  const FILES = {
    'pipeline.ts': PIPELINE_OF("['*.lock']"),
    'a.py': 'print(1)',
    'uv.lock': 'numpy 1',
    'notes.txt': 'n',
  };

  it.each([
    ['its script', { 'a.py': 'print(2)' }, ['a']],
    ['a lock file', { 'uv.lock': 'numpy 2' }, ['a']],
    ['one more lock file', { 'pip.lock': '' }, ['a']],
    ['a file that it does not declare', { 'notes.txt': 'm' }, []],
  ])('changes with what it declares: %s', async (_what, edit, changed) => {
    expect(await changedBy(FILES, { ...FILES, ...edit })).toEqual(changed);
  });

  it('is none where a declared lock file is missing', async () => {
    const folder = await folderWith({ ...FILES, 'pipeline.ts': PIPELINE_OF("['requirements.txt']") });
    await expect(compileFile(join(folder, 'pipeline.ts'))).rejects.toMatchObject({
      code: 'declaredFile',
      message: expect.stringContaining("'requirements.txt', and there is none in"),
    });
  });
});

describe('a step’s digest', () => {
  it('is the same in two checkouts', async () => {
    expect(await changedBy(NUMBERS, NUMBERS)).toEqual([]);
  });

  it.each([
    ['the handler', '0.5', '0.25'],
    ['the input schema', 'more: z.string()', 'more: z.number()'],
    ['an import it alone uses', "from './shift.ts'", "from './scale.ts'"],
  ])('changes with %s, and the other step’s does not', async (_what, from, to) => {
    const files = { ...NUMBERS, 'scale.ts': `${NUMBERS['scale.ts']}export const shift = scale;\n` };
    expect(await changedBy(files, edited(from, to, 'pipeline.ts', files))).toEqual(['halve']);
  });

  it.each([
    ['the pipeline’s body', 'halve(double({ value: params.start }))', 'double(halve({ value: params.start }))'],
    ['the parameters', 'start: z.number()', 'start: z.number().default(3)'],
    ['a comment', '/** Doubles. */', '// Twice.\n'],
    [
      'the formatting',
      "{ name: 'double', input: Row, output: Row }",
      '{\n  name: "double",\n  input: Row,\n  output: Row,\n}',
    ],
    [
      'a type',
      'async ({ input }) => ({ value: scale(',
      'async ({ input }): Promise<{ value: number }> => ({ value: scale(',
    ],
  ])('does not change with %s', async (_what, from, to) => {
    expect(await changedBy(NUMBERS, edited(from, to))).toEqual([]);
  });

  it('changes with a helper for just its users', async () => {
    expect(await changedBy(NUMBERS, edited('+', '-', 'shift.ts'))).toEqual(['halve']);
    expect(await changedBy(NUMBERS, edited('*', '/', 'scale.ts'))).toEqual(['double', 'halve']);
  });
});
