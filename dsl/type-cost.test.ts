import { execFile } from 'node:child_process';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';

const run = promisify(execFile);
const tsc = createRequire(import.meta.url).resolve('typescript/lib/tsc.js');
const OPTIONS =
  '--noEmit --extendedDiagnostics --strict --noUncheckedIndexedAccess --exactOptionalPropertyTypes --skipLibCheck ' +
  '--target es2023 --module nodenext --allowImportingTsExtensions --types node';

/** How many types the compiler instantiates for a file and all that it imports: the same count on every machine. */
async function instantiations(file: string): Promise<number> {
  const path = fileURLToPath(new URL(file, import.meta.url));
  const { stdout } = await run(process.execPath, [tsc, ...OPTIONS.split(' '), path]);
  const count = /Instantiations:\s+(\d+)/.exec(stdout)?.[1];
  if (count === undefined) throw new Error(`tsc gave no count: ${stdout}`);
  return Number(count);
}

/** What eight steps and the pipeline that wires them may add; about twice what they add today. */
const BUDGET = 15_000;

it('keeps a pipeline cheap for the compiler and the editor', { timeout: 180_000 }, async () => {
  const library = await instantiations('./index.ts');
  const pipeline = await instantiations('./golden/flight-delays.ts');
  expect(pipeline).toBeGreaterThan(library);
  expect(pipeline - library).toBeLessThan(BUDGET);
});
