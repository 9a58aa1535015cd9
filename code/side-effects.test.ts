import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { compileFile } from './compile-file.ts';
import { type Files, temporaryFolders } from './temporary-folder.suite.ts';

const folderWith = temporaryFolders();

const HEAD = `import { z } from 'zod';
import * as m from 'millrace';
import { defineStep, definePipeline } from 'millrace';
interface Shape {
  readonly value: number;
}
const Row = z.object({ value: z.number() });
export const one = defineStep({ name: 'one', input: Row, output: Row }).implement(async ({ input }): Promise<Shape> => input);
export default definePipeline({ name: 'p', params: Row }, ({ params }) => one({ value: params.value }));
declare const local: (value?: unknown) => Record<string, never>;
`;
const FIRST = HEAD.split('\n').length;

async function compiled(statement: string, files: Files = {}) {
  const folder = await folderWith({ 'pipeline.ts': HEAD + statement, ...files });
  const { compiled, warnings } = await compileFile(join(folder, 'pipeline.ts'));
  return { code: compiled.code.one, warnings };
}

describe('a statement at the top level', () => {
  it.each([
    'const row = Row.extend({ more: z.string() }).array();',
    'const two = m.defineStep({ name: "two", input: Row, output: Row }).implement(async ({ input }) => input);',
    'const COLUMNS = ["a", "b"]; const kept = COLUMNS.filter((name) => name !== "a").map((name) => name + "!");',
    'const table = new Map(Object.entries({ a: 1 })); const COLUMNS = [1]; const frozen = Object.freeze({ a: [1, ...COLUMNS] });',
    'const region = process.env.REGION ?? "eu"; const rate = 0.1 * Math.sqrt(2);',
    'enum Colour { red = 1, blue }',
    'class Wrong extends Error { static schema = z.object({ a: z.string() }); }\nexport class Worse extends Wrong {}',
    'function helper() { return local(3); } const lazy = () => local(4);',
    'type A = string; export type { A };',
    'const here = new URL(".", import.meta.url);',
    'const made = ((name: string) => z.object({ [name]: z.string() }))("a"); const nested = { made, list: [made] };',
  ])('leaves unused, without a word: %s', async (statement) => {
    const [plain, more] = [await compiled(''), await compiled(statement)];
    expect(more.warnings).toEqual([]);
    expect(more.code).toEqual(plain.code);
  });

  it.each([
    ['a call', 'performance.mark("loaded");'],
    ['an assignment', 'process.env.TZ = "UTC";'],
    [
      'a value from a function',
      'const config = Array.from(readConfig(3));\nfunction readConfig(n: number) { return [n]; }',
    ],
    ['a block', 'if (process.env.DEBUG) performance.mark("x");'],
    ['a class that runs something', 'class Loud { static { performance.mark("x"); } }'],
    ['a value taken apart', 'const { low } = { low: 1 };'],
  ])('is named when it stays: %s', async (_what, statement) => {
    const { warnings } = await compiled(statement);
    const [first] = statement.split('\n');
    expect(warnings).toHaveLength(1);
    expect(warnings[0]).toMatchObject({ file: 'pipeline.ts', line: FIRST, statement: first });
    expect(warnings[0]?.message).toContain(`pipeline.ts:${FIRST}: \`${first}\` runs whenever`);
  });

  it('is not named in a module of which no step has anything', async () => {
    const files = { 'apart.ts': 'performance.mark("apart");\nexport const apart = 3;\n' };
    const { warnings, code } = await compiled(
      'import { apart } from "./apart.ts";\nexport const more = [apart];',
      files,
    );
    expect(warnings).toEqual([]);
    expect(code).toEqual((await compiled('')).code);
  });

  it('is named in a module that is imported for what it does', async () => {
    const { warnings } = await compiled('import "./apart.ts";', { 'apart.ts': 'performance.mark("apart");\n' });
    expect(warnings).toMatchObject([{ file: 'apart.ts', line: 1 }]);
  });
});

describe('import.meta.url', () => {
  const where = (expression: string) => `import { z } from 'zod';
import { defineStep, definePipeline } from 'millrace';
const here = import.meta.url;
const Row = z.object({ value: z.string() });
export const one = defineStep({ name: 'one', input: Row, output: Row }).implement(async () => ({ value: ${expression} }));
export default definePipeline({ name: 'p', params: Row }, ({ params }) => one({ value: params.value }));
`;
  it('gets a warning where a step uses it', async () => {
    const folder = await folderWith({ 'pipeline.ts': where('here') });
    const { warnings } = await compileFile(join(folder, 'pipeline.ts'));
    expect(warnings).toMatchObject([{ file: 'pipeline.ts', line: 3, statement: 'const here = import.meta.url;' }]);
  });
  it('gets none where no step does', async () => {
    const folder = await folderWith({ 'pipeline.ts': where('"a"') });
    expect((await compileFile(join(folder, 'pipeline.ts'))).warnings).toEqual([]);
  });
});
