import { statfsSync } from 'node:fs';
import { dirname } from 'node:path';
import { MetadataError } from '../metadata-store.ts';
import { ConstraintError } from '../sql/constraint-error.ts';
import type { ThreadFailure } from './sqlite-messages.ts';

/** What SQLite may say for a disk without room: its log and its index cannot be made or grow either. */
const WRITES = /^SQLITE_(?:FULL|IOERR|CANTOPEN)/;
/** Less than the smallest files that an open database needs beside its own. */
const LEAST_FREE_BYTES = 1 << 20;

/** SQLite's word on a failure as one that a caller can act on. */
export function sqliteError(file: string, { code, message }: ThreadFailure): MetadataError | ConstraintError {
  if (code.startsWith('SQLITE_CONSTRAINT')) return new ConstraintError(constraintOf(code), message);
  const said = code === '' ? message : `${code}: ${message}`;
  const free = WRITES.test(code) ? freeBytes(file) : null;
  if (free !== null && free < LEAST_FREE_BYTES) {
    const message = `The disk of ${file} is full (${Math.floor(free / 1024)} KiB free; ${said}); the last change was not made. Make room, and repeat.`;
    return new MetadataError('noSpace', message);
  }
  // Where a quota or a limit of file sizes is what stops a write, SQLite has no better word than the second.
  if (code === 'SQLITE_FULL' || code === 'SQLITE_IOERR_WRITE') {
    return new MetadataError(
      'noSpace',
      `The metadata file ${file} could not grow (${said}); the last change was not made. Make room on its disk, or look for a quota or a file-size limit, and repeat.`,
    );
  }
  return new MetadataError('unavailable', unavailable(file, code, said));
}

function unavailable(file: string, code: string, said: string): string {
  if (code.startsWith('SQLITE_BUSY')) {
    return `The metadata file ${file} stayed locked by another process (${said}). Look for a Millrace process that hangs or is stopped, or a tool that holds the file open, and repeat.`;
  }
  if (code === 'SQLITE_NOTADB' || code.startsWith('SQLITE_CORRUPT')) {
    return `${file} is not a whole SQLite file (${said}). Restore it from a backup, or move it away to start with an empty one.`;
  }
  return `The metadata file ${file} cannot be used (${said}). Check that its folder exists on a local disk and that this user may write it.`;
}

/** Null where that cannot be told. */
function freeBytes(file: string): number | null {
  try {
    const { bavail, bsize } = statfsSync(dirname(file));
    return bavail * bsize;
  } catch {
    return null;
  }
}

function constraintOf(code: string): ConstraintError['constraint'] {
  if (code === 'SQLITE_CONSTRAINT_PRIMARYKEY' || code === 'SQLITE_CONSTRAINT_UNIQUE') return 'unique';
  return code === 'SQLITE_CONSTRAINT_FOREIGNKEY' ? 'foreignKey' : 'other';
}
