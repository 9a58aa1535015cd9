import { MetadataError } from '../metadata-store.ts';
import type { SecretTable, SecretVersion, StoredSecret } from '../secret-table.ts';
import { ConstraintError } from './constraint-error.ts';
import type { SecretVersionRow } from './event-rows.ts';
import type { SqlSession } from './sql-session.ts';

export function sqlSecretTable(session: SqlSession): SecretTable {
  return {
    get: (name, version) => get(session, name, version),
    lastVersion: (name) => lastVersion(session, name),
    add: (secret) => add(session, secret),
    list: () => list(session),
    delete: (name, by) => forget(session, name, by),
  };
}

async function get({ db, project }: SqlSession, name: string, version: number | null): Promise<StoredSecret | null> {
  let query = db.selectFrom('secret_versions').where('project', '=', project).where('name', '=', name);
  if (version !== null) query = query.where('version', '=', version);
  const row = await query
    .where('sealed', 'is not', null)
    .orderBy('version', 'desc')
    .limit(1)
    .selectAll()
    .executeTakeFirst();
  if (row === undefined || row.sealed === null) return null;
  return { ...versionOf(row), nonce: row.nonce, sealed: row.sealed };
}

async function lastVersion({ db, project }: SqlSession, name: string): Promise<number> {
  const row = await db
    .selectFrom('secret_versions')
    .where('project', '=', project)
    .where('name', '=', name)
    .select(({ fn }) => fn.max('version').as('version'))
    .executeTakeFirst();
  return row?.version ?? 0;
}

async function add({ db, project }: SqlSession, secret: StoredSecret): Promise<SecretVersion | null> {
  const { name, version, keyId, nonce, sealed, setAt, setBy } = secret;
  const row: SecretVersionRow = {
    ...{ project, name, version, key_id: keyId, nonce, sealed, set_at: setAt, set_by: setBy },
    ...{ deleted_at: null, deleted_by: null },
  };
  try {
    await db.insertInto('secret_versions').values(row).execute();
  } catch (error) {
    if (error instanceof ConstraintError && error.constraint === 'unique') return null;
    throw error;
  }
  return versionOf(row);
}

async function list({ db, project }: SqlSession): Promise<readonly SecretVersion[]> {
  const rows = await db
    .selectFrom('secret_versions')
    .where('project', '=', project)
    .where('sealed', 'is not', null)
    .orderBy('name')
    .orderBy('version', 'desc')
    .selectAll()
    .execute();
  return rows.map(versionOf);
}

async function forget({ db, project }: SqlSession, name: string, by: string): Promise<void> {
  const { numUpdatedRows } = await db
    .updateTable('secret_versions')
    .set({ sealed: null, deleted_at: Date.now(), deleted_by: by })
    .where('project', '=', project)
    .where('name', '=', name)
    .where('sealed', 'is not', null)
    .executeTakeFirst();
  if (numUpdatedRows > 0n) return;
  throw new MetadataError('notFound', `There is no secret '${name}' in the store of project '${project}'.`);
}

function versionOf({ name, version, key_id, set_at, set_by }: Omit<SecretVersionRow, 'project'>): SecretVersion {
  return { name, version, keyId: key_id, setAt: set_at, setBy: set_by };
}
