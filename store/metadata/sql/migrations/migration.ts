import type { CompiledQuery, Kysely } from 'kysely';

/** One step of the schema's history. Never edited once released; a later one changes what it made. */
export interface Migration {
  readonly version: number;
  readonly statements: (db: Kysely<unknown>) => readonly CompiledQuery[];
}
