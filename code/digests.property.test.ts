import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compileFile } from './compile-file.ts';
import { temporaryFolders, writeFiles } from './temporary-folder.suite.ts';

const folderWith = temporaryFolders();

/** A definition and the earlier ones that it uses. */
interface Part {
  readonly kind: 'function' | 'value' | 'class' | 'schema';
  /** In `parts.ts` rather than beside the steps. */
  readonly apart: boolean;
  readonly uses: readonly number[];
}

interface Program {
  readonly parts: readonly Part[];
  /** For each step the parts that its handler uses. */
  readonly steps: readonly (readonly number[])[];
  /** The part that is edited. */
  readonly edit: number;
}

const uses = (below: number) =>
  fc.uniqueArray(fc.nat({ max: Math.max(0, below - 1) }), { maxLength: below === 0 ? 0 : 2 });
const program: fc.Arbitrary<Program> = fc.integer({ min: 1, max: 8 }).chain((count) =>
  fc.record({
    parts: fc.tuple(
      ...Array.from({ length: count }, (_, index) =>
        fc.record({
          kind: fc.constantFrom('function', 'value', 'class', 'schema'),
          apart: fc.boolean(),
          uses: uses(index),
        }),
      ),
    ),
    steps: fc.array(uses(count), { minLength: 1, maxLength: 4 }),
    edit: fc.nat({ max: count - 1 }),
  }),
);

/** A part that is apart can use only parts that are apart too. */
const usesOf = ({ parts }: Program, part: Part): readonly number[] =>
  part.uses.filter((index) => !part.apart || parts[index]?.apart);

function reaches(from: readonly number[], whole: Program): ReadonlySet<number> {
  const reached = new Set<number>();
  const visit = (index: number): void => {
    const part = whole.parts[index];
    if (part === undefined || reached.has(index)) return;
    reached.add(index);
    for (const next of usesOf(whole, part)) visit(next);
  };
  for (const index of from) visit(index);
  return reached;
}

function textOf(whole: Program, part: Part, index: number, edited: boolean): string {
  const value = [
    edited ? 'before-after' : 'before',
    ...usesOf(whole, part).map((used) => `\${String(part${used})}`),
  ].join(' ');
  // The same local name everywhere, so that a rename forced by another part would show.
  const body = `{ const local = \`${value}\`; return local; }`;
  if (part.kind === 'function') return `export function part${index}() ${body}\n`;
  if (part.kind === 'class') return `export class part${index} { run() ${body} }\n`;
  if (part.kind === 'schema') return `export const part${index} = z.string().transform(() => ${body});\n`;
  return `export const part${index} = [\`${value}\`].map((local) => local);\n`;
}

function filesOf(whole: Program, edit: number | null) {
  const texts = whole.parts.map((part, index) => ({ part, text: textOf(whole, part, index, edit === index) }));
  const apart = whole.parts.flatMap((part, index) => (part.apart ? [`part${index}`] : []));
  const steps = whole.steps.map((used, index) => {
    const value = used.map((part) => `String(part${part})`).join(' + ') || '""';
    return `export const step${index} = defineStep({ name: 'step${index}', input: Row, output: Row }).implement(async () => ({ value: ${value} }));\n`;
  });
  const head = `import { z } from 'zod';\n`;
  const calls = whole.steps.map((_, index) => `step${index}(params);`).join(' ');
  return {
    'parts.ts': head + texts.flatMap(({ part, text }) => (part.apart ? [text] : [])).join(''),
    'pipeline.ts': `${head}import { defineStep, definePipeline } from 'millrace';
import { ${apart.join(', ')} } from './parts.ts';
const Row = z.object({ value: z.string() });
${texts.flatMap(({ part, text }) => (part.apart ? [] : [text])).join('')}${steps.join('')}
export default definePipeline({ name: 'p', params: Row }, ({ params }) => { ${calls} });
`,
  };
}

describe('an edit', () => {
  it('changes the digests of the steps that reach it, and of no other', async () => {
    const folder = await folderWith({});
    let run = 0;
    const digests = async (whole: Program, edit: number | null) => {
      const name = String(run++);
      await writeFiles(join(folder, name), filesOf(whole, edit));
      const { compiled, warnings } = await compileFile(join(folder, name, 'pipeline.ts'));
      expect(warnings).toEqual([]);
      return whole.steps.map((_, index) => compiled.code[`step${index}`]);
    };
    await fc.assert(
      fc.asyncProperty(program, async (whole) => {
        const [before, after] = [await digests(whole, null), await digests(whole, whole.edit)];
        const changed = before.map((code, index) => JSON.stringify(code) !== JSON.stringify(after[index]));
        expect(changed).toEqual(whole.steps.map((used) => reaches(used, whole).has(whole.edit)));
      }),
      { numRuns: 40 },
    );
  });
});
