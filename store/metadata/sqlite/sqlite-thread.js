// The SQLite driver is synchronous, so it lives in a thread of its own. This file is JavaScript because a thread is
// started by path, and the same path then serves the sources under test and what tsc puts into dist.

import { parentPort, workerData } from 'node:worker_threads';
import Database from 'libsql';

/**
 * @typedef {import('../sql/sql-statement.ts').SqlStatement} SqlStatement
 * @typedef {import('../sql/sql-statement.ts').StatementResult} StatementResult
 * @typedef {import('./sqlite-messages.ts').BatchOutcome} BatchOutcome
 * @typedef {import('./sqlite-messages.ts').ThreadFailure} ThreadFailure
 * @typedef {import('./sqlite-messages.ts').ThreadRequest} ThreadRequest
 * @typedef {import('./sqlite-messages.ts').ThreadReply} ThreadReply
 */

/** Prepared statements kept for reuse; multi-row inserts make many texts, so the oldest go. */
const STATEMENTS_KEPT = 256;

/** @type {import('./sqlite-messages.ts').ThreadSettings} */
const settings = workerData;
if (!parentPort) throw new Error('This file is started as a thread.');
const port = parentPort;
/** @type {Map<string, import('libsql').Statement>} */
const prepared = new Map();

/** @type {import('libsql').Database | null} */
let opened = null;
try {
  opened = open();
  reply(0, [{ ok: true, results: [] }]);
} catch (error) {
  reply(0, [{ ok: false, failure: failureOf(error) }]);
}
if (opened) serve(opened);

function open() {
  const db = new Database(settings.file, { timeout: settings.busyTimeoutMs });
  switchToWal(db);
  // FULL: a checkpoint or an alias's move that was acknowledged survives a power cut, not just a crash of the process.
  db.exec('PRAGMA synchronous = FULL');
  db.exec('PRAGMA foreign_keys = ON');
  return db;
}

/**
 * SQLite does not wait when two connections change the journal's mode at once, so this does.
 *
 * @param {import('libsql').Database} db
 */
function switchToWal(db) {
  const deadline = Date.now() + settings.busyTimeoutMs;
  const pause = new Int32Array(new SharedArrayBuffer(4));
  for (;;) {
    try {
      db.pragma('journal_mode = WAL');
      return;
    } catch (error) {
      if (!failureOf(error).code.startsWith('SQLITE_BUSY') || Date.now() > deadline) throw error;
      Atomics.wait(pause, 0, 0, 10);
    }
  }
}

/** @param {import('libsql').Database} db */
function serve(db) {
  port.on('message', (/** @type {ThreadRequest} */ request) => {
    switch (request.kind) {
      case 'read':
        return reply(request.id, [attempt(() => [run(db, request.statement)])]);
      case 'write':
        return reply(request.id, write(db, request.batches));
      case 'close':
        reply(request.id, [attempt(() => close(db))]);
        return port.close();
    }
  });
}

/**
 * @param {import('libsql').Database} db
 * @returns {StatementResult[]}
 */
function close(db) {
  prepared.clear();
  db.close();
  return [];
}

/**
 * @param {import('libsql').Database} db
 * @param {readonly (readonly SqlStatement[])[]} batches
 * @returns {BatchOutcome[]}
 */
function write(db, batches) {
  try {
    db.exec('BEGIN IMMEDIATE');
    const outcomes = batches.map((batch) => writeBatch(db, batch));
    db.exec('COMMIT');
    return outcomes;
  } catch (error) {
    if (db.inTransaction) db.exec('ROLLBACK');
    const failure = failureOf(error);
    return batches.map(() => ({ ok: false, failure }));
  }
}

/**
 * @param {import('libsql').Database} db
 * @param {readonly SqlStatement[]} batch
 * @returns {BatchOutcome}
 */
function writeBatch(db, batch) {
  db.exec('SAVEPOINT batch');
  try {
    const results = batch.map((statement) => run(db, statement));
    db.exec('RELEASE batch');
    return { ok: true, results };
  } catch (error) {
    // A full disk and its like end the whole transaction, and with it the batches beside this one.
    if (!db.inTransaction) throw error;
    db.exec('ROLLBACK TO batch');
    db.exec('RELEASE batch');
    return { ok: false, failure: failureOf(error) };
  }
}

/**
 * @param {import('libsql').Database} db
 * @param {SqlStatement} statement
 * @returns {StatementResult}
 */
function run(db, { sql, parameters }) {
  const statement = prepared.get(sql) ?? prepare(db, sql);
  const bound = parameters.map(toBound);
  if (statement.reader) return { rows: /** @type {Record<string, unknown>[]} */ (statement.all(bound)), changes: 0 };
  return { rows: [], changes: statement.run(bound).changes };
}

/**
 * The driver would cut a text at its first NUL without a word.
 *
 * @param {unknown} value
 */
function toBound(value) {
  return typeof value === 'string' && value.includes('\0') ? value.replaceAll('\0', '\ufffd') : value;
}

/**
 * @param {import('libsql').Database} db
 * @param {string} sql
 */
function prepare(db, sql) {
  const statement = db.prepare(sql);
  const [oldest] = prepared.keys();
  if (oldest !== undefined && prepared.size >= STATEMENTS_KEPT) prepared.delete(oldest);
  prepared.set(sql, statement);
  return statement;
}

/**
 * @param {() => StatementResult[]} work
 * @returns {BatchOutcome}
 */
function attempt(work) {
  try {
    return { ok: true, results: work() };
  } catch (error) {
    return { ok: false, failure: failureOf(error) };
  }
}

/**
 * @param {unknown} error
 * @returns {ThreadFailure}
 */
function failureOf(error) {
  const message = error instanceof Error ? error.message : String(error);
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  return { message, code };
}

/**
 * @param {number} id
 * @param {readonly BatchOutcome[]} outcomes
 */
function reply(id, outcomes) {
  /** @type {ThreadReply} */
  const message = { id, outcomes };
  port.postMessage(message);
}
