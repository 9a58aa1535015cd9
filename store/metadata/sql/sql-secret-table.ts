import { MetadataError } from '../metadata-store.ts';
import type { ResealedVersion, SecretTable, SecretVersion, StoredSecret } from '../secret-table.ts';
import { ConstraintError } from './constraint-error.ts';
import type { SecretVersionRow } from './event-rows.ts';
import type { SqlSession } from './sql-session.ts';

export function sqlSecretTable(session: SqlSession): SecretTable {
  return {
    get: (name, version) => get(session, name, version),
    lastVersion: (name) => lastVersion(session, name),
    add: (secret) => add(session, secret),
    list: async () => (await standing(session).execute()).map(versionOf),
    all: async () => (await standing(session).execute()).flatMap(storedOf),
    reseal: (versions) => reseal(session, versions),
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
  const [found = null] = row === undefined ? [] : storedOf(row);
  return found;
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

function standing({ db, project }: SqlSession) {
  return db
    .selectFrom('secret_versions')
    .where('project', '=', project)
    .where('sealed', 'is not', null)
    .orderBy('name')
    .orderBy('version', 'desc')
    .selectAll();
}

async function reseal({ db, project, transact }: SqlSession, versions: readonly ResealedVersion[]): Promise<void> {
  const queries = versions.map(({ name, version, before, keyId, nonce, sealed }) =>
    db
      .updateTable('secret_versions')
      .set({ key_id: keyId, nonce, sealed })
      .where('project', '=', project)
      .where('name', '=', name)
      .where('version', '=', version)
      .where('nonce', '=', before)
      .where('sealed', 'is not', null)
      .compile(),
  );
  if (queries.length > 0) await transact(queries);
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

/** None of one that was deleted. */
function storedOf(row: SecretVersionRow): readonly StoredSecret[] {
  return row.sealed === null ? [] : [{ ...versionOf(row), nonce: row.nonce, sealed: row.sealed }];
}

function versionOf({ name, version, key_id, set_at, set_by }: Omit<SecretVersionRow, 'project'>): SecretVersion {
  return { name, version, keyId: key_id, setAt: set_at, setBy: set_by };
}
