import { randomUUID } from 'node:crypto';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { resourceLimits } from 'node:worker_threads';
import type { DuckDBConnection, DuckDBInstance } from '@duckdb/node-api';
import { DataError, reasonOf } from './data-error.ts';
import { registerRowFunctions } from './row-function.ts';
import { literal, pathLiteral } from './sql.ts';

let shared: Promise<DuckDBInstance> | undefined;

/**
 * A DuckDB connection, to be closed by who opened it. One connection carries one statement at a time: a second one on a
 * connection with an open stream cuts the stream short without an error.
 *
 * Connections of a process share one in-memory engine: nothing that is created in it outlives the process.
 */
export async function openDuckDB(): Promise<DuckDBConnection> {
  shared ??= openEngine();
  return (await shared).connect();
}

/** Runs `use` with a connection of its own and closes it after. */
export async function withDuckDB<T>(use: (connection: DuckDBConnection) => Promise<T>): Promise<T> {
  const connection = await openDuckDB();
  try {
    return await use(connection);
  } finally {
    connection.closeSync();
  }
}

/**
 * Runs `use` with an engine of its own that reaches the files at `paths` and nothing else: no other file, no network, no
 * extension. Whatever SQL it runs cannot open it again. For SQL of which somebody else says what it does. A file that it
 * writes must not be there yet.
 */
export async function withClosedDuckDB<T>(
  paths: readonly string[],
  use: (connection: DuckDBConnection) => Promise<T>,
): Promise<T> {
  const engine = await newEngine();
  const connection = await engine.connect();
  try {
    // A path is asked for as the reader's pattern first, and then as what the pattern stands for.
    const allowed = [...new Set(paths.flatMap((path) => [literal(path), pathLiteral(path)]))].join(', ');
    await connection.run(`SET GLOBAL allowed_paths = [${allowed}]`);
    await connection.run('SET GLOBAL enable_external_access = false');
    await connection.run('SET GLOBAL lock_configuration = true');
    return await use(connection);
  } finally {
    connection.closeSync();
    engine.closeSync();
  }
}

async function openEngine(): Promise<DuckDBInstance> {
  const engine = await newEngine();
  const connection = await engine.connect();
  await registerRowFunctions(connection);
  connection.closeSync();
  return engine;
}

async function newEngine(): Promise<DuckDBInstance> {
  // Loaded when a handler runs: pipelines that only name a step are compiled without the engine.
  const { DuckDBInstance } = await import('@duckdb/node-api');
  const engine = await DuckDBInstance.create(':memory:', {
    // With one thread DuckDB takes another way of writing Parquet, whose bytes differ; from two on they are the same.
    threads: String(Math.max(2, availableParallelism())),
    ...memoryLimit(),
    // What does not fit into memory is spilled here, not into the working folder; two engines must not share it.
    temp_directory: join(tmpdir(), `millrace-duckdb-${process.pid}-${randomUUID()}`),
    // Extensions would be downloaded at run time: what a step reads must not depend on the network of its worker.
    autoinstall_known_extensions: 'false',
  });
  const connection = await engine.connect();
  // What SQL makes of times must not depend on the zone of the worker.
  await connection.run("SET GLOBAL TimeZone = 'UTC'");
  connection.closeSync();
  return engine;
}

/**
 * A worker says a task's `memory` as the limit of the handler's heap. The engine's memory lies outside the heap, and the
 * worker counts both together: it gets half, and spills what does not fit.
 */
function memoryLimit(): { memory_limit?: string } {
  const flag = process.execArgv.find((argument) => argument.startsWith('--max-old-space-size='));
  const mebibytes = flag ? Number(flag.split('=')[1]) : (resourceLimits.maxOldGenerationSizeMb ?? 0);
  return mebibytes > 0 ? { memory_limit: `${Math.max(64, Math.floor(mebibytes / 2))}MiB` } : {};
}

/**
 * Runs `use` with the only connection to a DuckDB file and closes the file after. The file is made when it is not there;
 * one process at a time can have it open for writing.
 *
 * @throws DataError `busy` while another process has it open, `unreadable` when it is no such file or cannot be made.
 */
export async function withDuckDBFile<T>(path: string, use: (connection: DuckDBConnection) => Promise<T>): Promise<T> {
  const { DuckDBInstance } = await import('@duckdb/node-api');
  const instance = await DuckDBInstance.create(path).catch((cause: unknown) => {
    const reason = reasonOf(cause);
    const message = `${path} cannot be opened for writing: ${reason}. Close what holds it, or name another file.`;
    // The engine has one kind of error for all that can be wrong with a file.
    throw new DataError(reason.includes('Could not set lock') ? 'busy' : 'unreadable', message, { cause });
  });
  const connection = await instance.connect();
  try {
    return await use(connection);
  } finally {
    connection.closeSync();
    instance.closeSync();
  }
}
