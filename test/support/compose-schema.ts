import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

/** The Compose specification's own library, whose package carries the schema of its files. */
const MODULE = 'github.com/compose-spec/compose-go/v2@v2.16.2';

/** The schema, or why there is none here. */
export type ComposeSchema = { readonly schema: object } | { readonly schema: null; readonly reason: string };

/** Of Go's module cache; with MILLRACE_TEST_DOWNLOADS=1 fetched into it. Nothing of it is kept in this project. */
export async function findComposeSchema(): Promise<ComposeSchema> {
  try {
    const folder = await moduleFolder(process.env.MILLRACE_TEST_DOWNLOADS === '1' ? {} : { GOPROXY: 'off' });
    return { schema: JSON.parse(await readFile(join(folder, 'schema/compose-spec.json'), 'utf8')) as object };
  } catch (error) {
    const reason = `${MODULE} is not in Go's cache; MILLRACE_TEST_DOWNLOADS=1 fetches it (${firstLine(error)})`;
    return { schema: null, reason };
  }
}

async function moduleFolder(env: NodeJS.ProcessEnv): Promise<string> {
  const { stdout } = await promisify(execFile)('go', ['mod', 'download', '-json', MODULE], {
    cwd: tmpdir(),
    env: { ...process.env, ...env },
    timeout: 120_000,
  });
  return (JSON.parse(stdout) as { readonly Dir: string }).Dir;
}

function firstLine(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).split('\n')[0] ?? '';
}
