import { MetadataError } from '../metadata/metadata-store.ts';
import { openPostgresMetadata } from '../metadata/postgres/open-postgres-metadata.ts';
import { postgresSettings } from '../metadata/postgres/postgres-settings.ts';
import { openSqliteMetadata } from '../metadata/sqlite/open-sqlite-metadata.ts';

/** Appends numbered log chunks and tells of each once the store has it. */
export interface WriterSettings {
  /** Null for the database that MILLRACE_METADATA names. */
  readonly file: string | null;
  readonly writer: string;
  /** None goes on until it is stopped. */
  readonly chunks: number | null;
  /** Size of each chunk. */
  readonly characters: number;
  /** Forgets to close. */
  readonly leaveOpen?: boolean;
}

export type WriterLine = { readonly stored: number } | { readonly error: { kind: string; message: string } };

const { file, writer, chunks, characters, leaveOpen }: WriterSettings = JSON.parse(process.argv[2] ?? '');
const tell = (line: WriterLine) => process.stdout.write(`${JSON.stringify(line)}\n`);

async function open() {
  if (file !== null) return openSqliteMetadata({ file, project: 'default' });
  const settings = postgresSettings(process.env);
  if (settings === null) throw new Error('MILLRACE_METADATA is missing.');
  return openPostgresMetadata({ settings, project: 'default', application: 'millrace-writer' });
}

try {
  const store = await open();
  for (let chunk = 0; chunk < (chunks ?? Number.POSITIVE_INFINITY); chunk += 1) {
    const text = 'x'.repeat(characters);
    await store.tasks.appendLog({
      ...{ runId: 'r', path: writer, attempt: 1, chunk },
      lines: [{ at: 0, level: 'info', stream: 'log', text }],
    });
    tell({ stored: chunk });
  }
  if (!leaveOpen) await store.close();
} catch (error) {
  const kind = error instanceof MetadataError ? error.kind : 'other';
  tell({ error: { kind, message: String(error) } });
}
