import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join, resolve } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { startMillrace } from './support/command-line.ts';

const ROOT = resolve(import.meta.dirname, '..');

/** An interpreter that has what examples/python/requirements.txt names, or why there is none. */
function findPython(): { readonly python: string } | { readonly reason: string } {
  const python = process.env.MILLRACE_TEST_PYTHON || 'python3';
  try {
    execFileSync(python, ['-c', 'import numpy, onnx, pyarrow, skl2onnx, sklearn'], { stdio: 'pipe' });
    return { python };
  } catch (error) {
    const said = (error as { stderr?: Buffer }).stderr?.toString().trim().split('\n').at(-1);
    return { reason: said || (error as Error).message };
  }
}

const found = findPython();
if ('reason' in found) {
  process.stderr.write(
    `examples/python is not run: ${found.reason}. Set MILLRACE_TEST_PYTHON to an interpreter that has ` +
      'examples/python/requirements.txt.\n',
  );
}

const Detail = z.object({
  run: z.object({ id: z.string(), status: z.string(), error: z.string().nullable(), output: z.unknown() }),
  tasks: z.array(z.object({ path: z.string(), kind: z.string(), status: z.string(), output: z.unknown() })),
  metrics: z.array(z.object({ path: z.string(), name: z.string(), value: z.number() })),
});

describe.skipIf('reason' in found)('the Python example', () => {
  let folder = '';
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'millrace-python-'));
    // The pipeline's commands start `python3`; here that is the interpreter that has the packages.
    const shim = join(folder, 'python3');
    writeFileSync(shim, `#!/bin/sh\nexec '${'python' in found ? found.python : ''}' "$@"\n`);
    chmodSync(shim, 0o755);
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  const run = async (...words: string[]) => {
    const command = ['run', join(ROOT, 'examples/python/pipeline.ts'), '--local', '-o', 'json', ...words];
    const env = {
      ...process.env,
      PATH: `${folder}${delimiter}${process.env.PATH}`,
      MILLRACE_HOME: join(folder, 'home'),
    };
    const { code, stdout } = await millrace(command, env);
    return { code, detail: Detail.parse(JSON.parse(stdout)) };
  };
  const statusOf = ({ tasks }: z.infer<typeof Detail>, path: string) =>
    tasks.find((task) => task.path === path)?.status;

  it('trains in Python, scores in Node and promotes what passes the gate', async () => {
    const { code, detail } = await run();
    expect(detail.run).toMatchObject({ status: 'succeeded', error: null });
    expect(code).toBe(0);
    expect(detail.run.output).toMatchObject({
      auc: expect.closeTo(0.98, 1),
      promotion: { model: 'biopsies', version: 1, status: 'promoted' },
    });
    const loss = detail.metrics.find(({ path, name }) => path === 'train' && name === 'logLoss');
    expect(loss?.value).toBeLessThan(0.3);
  }, 120_000);

  it('caches what Python did, and runs what a parameter changes', async () => {
    const { code, detail } = await run('c=0.01', 'minAuc=1');
    expect(code).toBe(0);
    expect(statusOf(detail, 'load')).toBe('cached');
    expect(statusOf(detail, 'split')).toBe('cached');
    expect(statusOf(detail, 'train')).toBe('succeeded');
    expect(detail.run.output).toMatchObject({ promotion: null });
  }, 120_000);
});

/** Runs the built command line to its end, whatever the end. */
async function millrace(args: readonly string[], env: NodeJS.ProcessEnv): Promise<{ code: number; stdout: string }> {
  const child = startMillrace(args, env);
  const [stdout, stderr] = [text(child.stdout), text(child.stderr)];
  const [code] = (await once(child, 'close')) as [number];
  if ((await stdout) === '') throw new Error(`millrace ${args.join(' ')} gave no document: ${await stderr}`);
  return { code, stdout: await stdout };
}
