import type { Migration } from './migration.ts';

/** Firings that wait are asked for again and again, among all that were ever made. */
export const waitingFirings: Migration = {
  version: 16,
  statements: (db) => [
    db.schema.createIndex('firings_by_outcome').on('firings').columns(['project', 'outcome']).compile(),
  ],
};
