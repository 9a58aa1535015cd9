import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { compileFile } from './compile-file.ts';
import { temporaryFolders } from './temporary-folder.suite.ts';

const folderWith = temporaryFolders();

/** The body begins at line 7 of the file. */
const pipeline = (body: string) => `import { z } from 'zod';
import { and, definePipeline, defineStep, gte, loop, not, or, when as either } from 'millrace';
const Checked = z.object({ ok: z.boolean(), auc: z.number() });
interface Long { a: string }
const check = defineStep({ name: 'check', input: z.object({}), output: Checked }).implement(() => ({ ok: true, auc: 1 }));
export default definePipeline({ name: 'p', params: z.object({}) }, () => {
  const made = check({}); const { ok, auc } = made; const plain = process.version === '' ; const again = () => check({}, { name: 'again' });
${body}
});
`;
const compileBody = async (body: string) =>
  compileFile(join(await folderWith({ 'pipeline.ts': pipeline(body) }), 'pipeline.ts'));

describe('a reference that JavaScript asks whether it is true', () => {
  it.each([
    ['either(ok && gte(auc, 1), { do: again });', '`a && b`'],
    ['either(ok || gte(auc, 1), { do: again });', '`a || b`'],
    ['either(and(made.ok && gte(auc, 1), ok), { do: again });', 'Write and(a, b).'],
    ['either(not(ok || ok), { do: again });', 'Write or(a, b);'],
    ['either(or(gte(auc, 1), (plain || ok) && gte(auc, 2)), { do: again });', '`a && b`'],
    ['const both = ok && gte(auc, 1); either(both, { do: again });', 'Write and(a, b).'],
    ['let both = made.ok; both &&= gte(auc, 1); either(both, { do: again });', 'Write and(a, b).'],
    ['if (made.ok) again();', "`if (a)` asks whether field 'ok' of the output of task 'check' is true"],
    ['if (plain || !made.ok) return; again();', 'Write not(a).'],
    ['for (; made.ok; ) again();', '`for (…; a; …)` asks whether'],
    ['either(made.ok ? gte(auc, 1) : gte(auc, 2), { do: again });', 'Write when(a, { do: …, otherwise: … }).'],
    ['either(ok, { do: again, elseWhen: [{ condition: ok && gte(auc, 1), do: () => null }] });', '`a && b`'],
    ['loop(made, { until: (next) => next.ok && gte(next.auc, 1), max: 2 }, again);', '`a && b`'],
  ])('is refused at its line: %s', async (body, said) => {
    const error = await compileBody(body).catch((thrown: Error) => thrown);
    expect(error).toMatchObject({ name: 'CodeError', message: expect.stringContaining(said) });
    expect((error as Error).message).toMatch(/^pipeline\.ts:8: the body of pipeline 'p' failed: /);
  });

  it.each([
    'either(plain || gte(auc, 1), { do: again });',
    'either(!plain && ok, { do: again });',
    'either(made ? ok : gte(auc, 1), { do: again });',
    'const late = plain ? check({}, { name: "late" }) : null; if (late || plain) again();',
    'const late = plain ? made.ok : null; if (late !== null) again(); either(ok, { do: () => null });',
    'let n = 0; while (n < 2) n += 1; do n -= 1; while (n); for (; n; ) n -= 1; if ((n, plain)) again();',
    'const late = plain ? made.ok : null; either(late ?? ok, { do: () => null });',
    'either(and(ok, gte(auc, 1)), { do: again });',
  ])('is no matter here: %s', async (body) => {
    expect((await compileBody(body)).compiled.ir.name).toBe('p');
  });
});
