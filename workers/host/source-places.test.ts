import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { compileFile } from '../../code/compile-file.ts';
import { temporaryFolders } from '../../code/temporary-folder.suite.ts';
import type { CompiledPipeline } from '../../ir/compiled-pipeline.ts';
import { inSources } from './source-places.ts';
import { dispatchOf, failureOf, type HostFixture, logOf, openHost, runTask } from './task-host.suite.ts';

const PIPELINE = `import { z } from 'zod';
import { definePipeline, defineStep } from 'millrace';
import legacy from './legacy.cjs';
import { deep } from './lib/deep.ts';

interface Unused {
  readonly gone: string;
}

const Row = z.object({ value: z.number() });
export const work = defineStep({ name: 'work', input: Row, output: Row }).implement(({ input }) => {
  // A comment that leaves.
  return { value: legacy(deep(input.value)) };
});
export default definePipeline({ name: 'p', params: Row }, ({ params }) => work(params));
`;
const FILES = {
  'pipeline.ts': PIPELINE,
  'legacy.cjs': 'module.exports = (value) => value + 1;\n',
  'lib/deep.ts': `type Gone = { readonly a: string };

export function deep(value: number): number {
  if (value > 1) throw new RangeError('too deep');
  return value;
}
`,
};

const folderWith = temporaryFolders();
let fixture: HostFixture;
let compiled: CompiledPipeline;
beforeAll(async () => {
  const folder = await folderWith(FILES);
  const file = await compileFile(join(folder, 'pipeline.ts'));
  compiled = file.compiled;
  fixture = await openHost({
    getPackage: async (digest) => {
      const found = compiled.packages[digest];
      if (found) return found;
      throw new Error(`package ${digest} is unknown`);
    },
  });
  for (const blob of file.blobs.values()) await fixture.stores.artifacts.putBlob(blob);
});
afterAll(() => fixture.close());

describe('an error that a handler throws', () => {
  it("is told with the author's file and line, and its stack with all of them", async () => {
    const code = compiled.code.work ?? { kind: 'none' };
    const input = { value: 2 };
    const failure = await failureOf(runTask(fixture.host, dispatchOf(code, { path: 'deep', input })));
    expect(failure).toMatchObject({ kind: 'handler', name: 'RangeError', message: 'too deep (lib/deep.ts:4)' });
    const frames = failure.stack?.split('\n').slice(1) ?? [];
    expect(frames[0]).toContain('(lib/deep.ts:4)');
    expect(frames[1]).toContain('(pipeline.ts:13)');
    expect(failure.stack).not.toContain('bundle.cjs');
    expect(JSON.stringify(await logOf(fixture.stores, 'deep'))).toContain('pipeline.ts:13');
  });

  it('is told without a place where the map is gone, or is none', async () => {
    const garbage = await fixture.stores.artifacts.putBlob(Buffer.from('{ no map'));
    for (const sourceMap of [`sha256:${'0'.repeat(64)}`, garbage]) {
      const code = { ...(compiled.code.work ?? { kind: 'none' }), sourceMap } as const;
      const failure = await failureOf(runTask(fixture.host, dispatchOf(code as never, { input: { value: 2 } })));
      expect(failure).toMatchObject({ kind: 'handler', name: 'RangeError', message: 'too deep' });
    }
  });

  it('may be as long as it likes', async () => {
    const long = `/bundle.cjs:${'A'.repeat(1 << 20)}`;
    const report = { name: 'Error', message: long, stack: `Error: ${long}\n    at x (/a/bundle.cjs:1:1)` };
    const { sourceMap } = compiled.code.work as { sourceMap: string };
    const told = { ...report, failureKind: null, retryable: true };
    expect(await inSources(told, sourceMap, fixture.stores.artifacts)).toEqual(told);
  });
});
