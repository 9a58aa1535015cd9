import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type StoreSettings, storeSettings } from '../../store/open-stores.ts';

export type Side = readonly [name: string, settings: StoreSettings];

/** SQLite in a temporary home, and the PostgreSQL database that MILLRACE_METADATA names, in a project of their own. */
export async function withSides(measure: (sides: readonly Side[]) => Promise<void>): Promise<void> {
  const home = await mkdtemp(join(tmpdir(), 'millrace-bench-metadata-'));
  const project = `bench-${process.pid}`;
  const named = storeSettings({ ...process.env, MILLRACE_HOME: home, MILLRACE_PROJECT: project });
  const sqlite: Side = ['SQLite', { home, project }];
  try {
    await measure(named.metadata === undefined ? [sqlite] : [sqlite, ['PostgreSQL', named]]);
  } finally {
    await rm(home, { recursive: true, force: true });
  }
}
