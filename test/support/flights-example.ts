import { cp, mkdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { literal, scan, withDuckDB, writeParquet } from '../../data/index.ts';

const FLIGHTS = 'node_modules/vega-datasets/data/flights-3m.parquet';

/** Every n-th of the three million flights of January to June 2001, as a file of the same form. */
export async function writeFlights(file: string, every: number): Promise<void> {
  const query = `SELECT * FROM ${scan([resolve(FLIGHTS)])} WHERE file_row_number % ${every} = 0`;
  await withDuckDB((connection) => writeParquet(connection, query, file));
}

/** Parameters that let a model of few flights through the gate. */
export function fewFlights(source: string, database: string): Record<string, string> {
  return { source, database, minAuc: '0.5', maxCalibrationError: '0.5' };
}

/** The example in a folder of its own, to be edited; gives its pipeline file. */
export async function copyFlights(folder: string): Promise<string> {
  await cp('examples/flights', folder, { recursive: true, filter: (path) => !path.endsWith('.test.ts') });
  await linkPackages(folder);
  return join(folder, 'pipeline.ts');
}

/** What `npm install` would do. */
export async function linkPackages(folder: string): Promise<void> {
  await mkdir(join(folder, 'node_modules'), { recursive: true });
  await symlink(resolve('.'), join(folder, 'node_modules', 'millrace'));
  await symlink(resolve('node_modules/zod'), join(folder, 'node_modules', 'zod'));
}

/** @throws Error when the text is not there: an edit that edits nothing would prove nothing. */
export async function edit(file: string, from: string, to: string): Promise<void> {
  const text = await readFile(file, 'utf8');
  if (!text.includes(from)) throw new Error(`${file} has no '${from}'.`);
  await writeFile(file, text.replaceAll(from, to));
}

/** The rows that a query gives, by column names. @param stored A DuckDB file, in the query by the name `stored`. */
export function rowsOf(query: string, stored: string): Promise<readonly Record<string, unknown>[]> {
  return withDuckDB(async (connection) => {
    await connection.run(`ATTACH ${literal(stored)} AS stored (READ_ONLY)`);
    try {
      return (await connection.runAndReadAll(query)).getRowObjectsJson();
    } finally {
      await connection.run('DETACH stored');
    }
  });
}
