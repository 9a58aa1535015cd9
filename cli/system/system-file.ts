import { readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ProcessIdentity } from '../../platform/process-identity.ts';

/** The processes of an embedded system. */
export const PARTS = ['temporal', 'api', 'workers', 'serving'] as const;
export type Part = (typeof PARTS)[number];

/** What `system.json` says: where a home's system is, and which processes it consists of. */
export interface SystemRecord {
  readonly project: string;
  /** Comma separated; null for all of Millrace's own. Absent in what an older release wrote. */
  readonly queues?: string | null;
  /** For people: which Temporal it took. Absent in what an older release wrote. */
  readonly temporal?: string;
  /** For people, without the password: the database it keeps metadata in. Null or absent for the home's own file. */
  readonly metadata?: string | null;
  readonly supervisor: ProcessIdentity;
  /** Null while it is not up yet. */
  readonly readyAt: number | null;
  readonly urls: SystemUrls;
  readonly parts: Partial<Readonly<Record<Part, ProcessIdentity>>>;
}

export interface SystemUrls {
  readonly api: string;
  readonly serving: string;
  /** `host:port`. */
  readonly temporal: string;
}

export async function readSystemRecord(home: string): Promise<SystemRecord | null> {
  try {
    return JSON.parse(await readFile(join(home, 'system.json'), 'utf8')) as SystemRecord;
  } catch (error) {
    if (error instanceof SyntaxError) return null;
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return null;
    throw error;
  }
}

/** By way of a temporary file, so that a reader finds the old record or the new one, whole. */
export async function writeSystemRecord(home: string, record: SystemRecord): Promise<void> {
  const file = join(home, 'system.json');
  const temporary = `${file}.${process.pid}`;
  await writeFile(temporary, `${JSON.stringify(record, null, 2)}\n`, { mode: 0o600 });
  await rename(temporary, file);
}

export async function removeSystemRecord(home: string): Promise<void> {
  await rm(join(home, 'system.json'), { force: true });
}
