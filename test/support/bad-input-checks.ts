import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import Database from 'libsql';

/** Makes the metadata of a home look as if a later release had been there. */
export function addSchemaVersion(home: string): void {
  const database = new Database(join(home, 'metadata.sqlite'));
  database.exec('INSERT INTO schema_versions SELECT max(version) + 1, 0 FROM schema_versions');
  database.pragma('wal_checkpoint(TRUNCATE)');
  database.close();
}

/** Processes that were started for a home and have not ended: their command lines. Its parts have it in their environment. */
export async function stillRunning(home: string): Promise<readonly string[]> {
  const { stdout } = await promisify(execFile)('ps', ['axeww', '-o', 'pid=,command='], { maxBuffer: 1 << 26 });
  return stdout
    .split('\n')
    .filter((line) => line.includes(`MILLRACE_HOME=${home}`) || line.includes(join(home, 'temporal.db')))
    .filter((line) => !line.includes('ps axeww'));
}
