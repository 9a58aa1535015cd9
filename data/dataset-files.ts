import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { DataError } from './data-error.ts';
import { pathLiteral } from './sql.ts';

/**
 * The Parquet files of a dataset in their row order: a file is itself, a folder its `*.parquet` by name.
 *
 * @throws DataError `unreadable` when there is nothing at the path, or no Parquet file in the folder.
 */
export async function datasetFiles(path: string): Promise<readonly string[]> {
  const found = await stat(path).catch(() => null);
  if (!found) throw new DataError('unreadable', `There is no dataset at ${path}: check the path, or import it again.`);
  if (!found.isDirectory()) return [path];
  const names = (await readdir(path)).filter((name) => name.endsWith('.parquet')).sort();
  if (names.length === 0) throw new DataError('unreadable', `The folder ${path} holds no .parquet file.`);
  return names.map((name) => join(path, name));
}

/**
 * A table function of SQL that reads these files, one after the other. Each row's number in its file, from 0, can be asked
 * for by `file_row_number`, which `*` does not give.
 */
export function scan(files: readonly string[]): string {
  const list = files.map(pathLiteral).join(', ');
  return `read_parquet([${list}], hive_partitioning = false)`;
}
