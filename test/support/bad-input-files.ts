import { mkdir, symlink, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { withDuckDB, writeParquet } from '../../data/index.ts';
import { fitTransform, linearModelToOnnx, writeModel } from '../../inference/index.ts';

const HEAD = `import { writeFile } from 'node:fs/promises';
import { dataset, definePipeline, defineStep, file, gt, importArtifact, when } from 'millrace';
import { batchPredict } from 'millrace/steps';
import { tableFromArrays } from 'apache-arrow';
import { z } from 'zod';
const none = z.object({});
const path = z.string().meta({ format: 'path' });
export const one = defineStep({ name: 'one', input: z.object({ n: z.number() }), output: z.object({ m: z.number() }) })
  .implement(async ({ input }) => ({ m: input.n }));
`;

/** A pipeline around a body. Its text begins at line 10 of its file. */
const pipeline = (name: string, body: string, params = 'none') =>
  `${HEAD}export default definePipeline({ name: '${name}', params: ${params} }, ({ params }) => {
${body} });\n`;

/** A pipeline of one step that does wrong when it runs. It may try again, and must not where that is of no use. */
const step = (name: string, output: string, handler: string) =>
  `${HEAD}export const ${name} = defineStep({ name: '${name}', input: none, output: ${output}, retry: { attempts: 1 } })
  .implement(${handler});
export default definePipeline({ name: '${name}', params: none }, () => ${name}({}));\n`;

const MODEL_PARAMS = 'z.object({ model: path, rows: path })';
const PREDICT = `  const model = importArtifact({ uri: params.model, artifact: 'model' }, { name: 'model' });
  const rows = importArtifact({ uri: params.rows, artifact: 'dataset' }, { name: 'rows' });
  return batchPredict({ model, rows });`;

/** Two steps that hand a file from one to the other. */
const STORED = `${HEAD}
export const keep = defineStep({ name: 'keep', input: z.object({ mib: z.number() }), output: z.object({ file: file() }), retry: { attempts: 1 } })
  .implement(async ({ input, task }) => ({ file: await task.write('file', (to) => writeFile(to, Buffer.alloc(input.mib << 20, 1))) }));
export const use = defineStep({ name: 'use', input: z.object({ file: file(), salt: z.number() }), output: z.object({ path: z.string() }) })
  .implement(async ({ input, task }) => ({ path: await task.read(input.file) }));
export default definePipeline(
  { name: 'stored', params: z.object({ mib: z.number().default(1), salt: z.number().default(1) }) },
  ({ params }) => use({ file: keep({ mib: params.mib }).file, salt: params.salt }));
`;

const FILES: Readonly<Record<string, string>> = {
  'good.ts': pipeline(
    'good',
    '  return one({ n: params.n });',
    `z.object({ n: z.number().default(1), mode: z.enum(['fast', 'exact']).default('fast') })`,
  ),
  'syntax.ts': `${HEAD}export default definePipeline({ name: 'syntax' `,
  'no-module.ts': `import { gone } from './gone.ts';\n${HEAD}export default gone;\n`,
  'no-package.ts': `import gone from 'no-such-package-here';\n${HEAD}export default gone;\n`,
  'no-pipeline.ts': HEAD,
  'throws.ts': pipeline('throws', '  return (undefined as unknown as { x: number }).x;'),
  'promise.ts': pipeline('promise', '  return one({ n: 1 });').replace('({ params }) =>', 'async () =>'),
  'twice.ts': pipeline('twice', '  one({ n: 1 });\n  one({ n: 2 });'),
  'plain-if.ts': pipeline('plain-if', `  const { m } = one({ n: 1 });\n  if (m > 1) one({ n: 2 }, { name: 'two' });`),
  'escape.ts': pipeline(
    'escape',
    `  let kept: unknown;
  when(gt(one({ n: 1 }).m, 0), { do: () => { kept = one({ n: 2 }).m; } });
  one({ n: kept as number }, { name: 'late' });`,
  ),
  'dated.ts': pipeline('dated', '  one({ n: 1 });', 'z.object({ day: z.date() })'),
  'queue.ts': pipeline('queue', `  one({ n: 1 }, { queue: 'gpuu' });`),
  'contract.ts': step('contract', 'z.object({ auc: z.number() })', `async () => ({ auc: 'high' }) as never`),
  'words.ts': step('words', 'none', `async () => { throw 'just words'; }`),
  'leaves.ts': step('leaves', 'none', 'async () => process.exit(7)'),
  'huge.ts': step('huge', 'z.object({ text: z.string() })', `async () => ({ text: 'x'.repeat(3_000_000) })`),
  'bigint.ts': step('bigint', 'z.object({ value: z.unknown() })', 'async () => ({ value: { big: 10n } })'),
  'external.ts': step(
    'external',
    'z.object({ rows: z.number() })',
    'async () => ({ rows: tableFromArrays({}).numRows })',
  ),
  'table.ts': pipeline(
    'table',
    `  return importArtifact({ uri: params.source, artifact: 'dataset', schema: z.object({ a: z.number() }) });`,
    'z.object({ source: path })',
  ),
  'model.ts': pipeline(
    'model',
    `  return importArtifact({ uri: params.source, artifact: 'model' });`,
    'z.object({ source: path })',
  ),
  'predict.ts': pipeline('predict', PREDICT, MODEL_PARAMS),
  'stored.ts': STORED,
  'corrupt.parquet': 'not Parquet',
  'text.csv': 'a\nword\n',
  'other.csv': 'b\n1\n',
  'broken.jsonl': '{"a":1}\n{"a":',
  'params.json': '{"n":',
  'plain.json': '{"a":1}',
  'home-file': '',
};

/** A project of a user's with everything in it that can be wrong with one. */
export async function writeBadInput(folder: string): Promise<void> {
  const modules = join(folder, 'node_modules');
  await mkdir(modules);
  await symlink(resolve('.'), join(modules, 'millrace'));
  await symlink(resolve('node_modules/zod'), join(modules, 'zod'));
  await writeArrow(join(modules, 'apache-arrow'));
  for (const [name, text] of Object.entries(FILES)) await writeFile(join(folder, name), text);
  await writeModelOf(folder, 'distance');
}

/** A version that no worker has. */
async function writeArrow(folder: string): Promise<void> {
  await mkdir(folder);
  await writeFile(join(folder, 'package.json'), '{"name":"apache-arrow","version":"9.9.9","main":"index.js"}');
  await writeFile(join(folder, 'index.js'), 'exports.tableFromArrays = () => ({ numRows: 1 });');
}

/** `model`, which takes one column, and its `core.onnx`, which takes features. */
async function writeModelOf(folder: string, column: string): Promise<void> {
  const rows = join(folder, 'rows.parquet');
  await withDuckDB((connection) => writeParquet(connection, `SELECT range AS ${column} FROM range(1, 9)`, rows));
  const transform = await fitTransform(rows, [{ op: 'scale', column }]);
  const core = linearModelToOnnx({ bias: 0, weights: [Float32Array.of(1)] }, transform);
  await writeModel(join(folder, 'model'), transform, core);
}
