import type { Digest } from '../../../ir/digest.ts';
import { CONTENT_FAMILIES, type ContentFamily, type ContentKey } from '../../artifacts/stored-content.ts';
import type { CondemnedTable } from '../condemned-table.ts';
import { chunksOf } from './row-chunks.ts';
import type { SqlSession } from './sql-session.ts';

export function sqlCondemnedTable(session: SqlSession): CondemnedTable {
  return {
    condemn: (contents, at) => condemn(session, contents, at),
    list: () => list(session),
    keep: (contents, now) => keep(session, contents, now),
    take: (contents, lease) => take(session, contents, lease),
    gone: (contents, until) => gone(session, contents, until),
  };
}

const condemn = async ({ db, project }: SqlSession, ...[contents, at]: Parameters<CondemnedTable['condemn']>) => {
  for (const chunk of chunksOf(contents)) {
    const rows = chunk.map(({ family, digest, bytes }) => ({ project, family, digest, bytes }));
    await db
      .insertInto('condemned')
      .values(rows.map((row) => ({ ...row, condemned_at: at, leaving_until: null })))
      .onConflict((conflict) => conflict.doNothing())
      .execute();
  }
};

const list = async ({ db, project }: SqlSession): ReturnType<CondemnedTable['list']> => {
  const rows = await db.selectFrom('condemned').where('project', '=', project).selectAll().execute();
  return rows.map((row) => ({ ...keyOf(row), bytes: row.bytes, condemnedAt: row.condemned_at }));
};

async function keep(session: SqlSession, contents: readonly ContentKey[], now: number): Promise<boolean> {
  let areKept = true;
  for (const [family, digests] of byFamily(contents)) {
    const rows = () => rowsOf(session, family, digests);
    // Nearly always there is none, and nothing is written.
    if ((await rows().select('digest').execute()).length === 0) continue;
    const [, leaving] = await session.transact([
      without(session, family, digests)
        .where((eb) => eb.or([eb('leaving_until', 'is', null), eb('leaving_until', '<=', now)]))
        .compile(),
      rows().select('digest').compile(),
    ]);
    if (leaving.rows.length > 0) areKept = false;
  }
  return areKept;
}

const take = async (session: SqlSession, ...[contents, lease]: Parameters<CondemnedTable['take']>) => {
  const taken: ContentKey[] = [];
  for (const [family, digests] of byFamily(contents)) {
    const [, rows] = await session.transact([
      session.db
        .updateTable('condemned')
        .where('project', '=', session.project)
        .where('family', '=', family)
        .where('digest', 'in', digests)
        .where('condemned_at', '<', lease.condemnedBefore)
        .where((eb) => eb.or([eb('leaving_until', 'is', null), eb('leaving_until', '<=', lease.now)]))
        .set({ leaving_until: lease.until })
        .compile(),
      rowsOf(session, family, digests).where('leaving_until', '=', lease.until).select(['family', 'digest']).compile(),
    ]);
    taken.push(...rows.rows.map(keyOf));
  }
  return taken;
};

async function gone(session: SqlSession, contents: readonly ContentKey[], until: number): Promise<void> {
  for (const [family, digests] of byFamily(contents)) {
    // Where the lease has ended, another may have taken them.
    await without(session, family, digests).where('leaving_until', '=', until).execute();
  }
}

function rowsOf({ db, project }: SqlSession, family: ContentFamily, digests: readonly string[]) {
  return db
    .selectFrom('condemned')
    .where('project', '=', project)
    .where('family', '=', family)
    .where('digest', 'in', digests);
}

function without({ db, project }: SqlSession, family: ContentFamily, digests: readonly string[]) {
  return db
    .deleteFrom('condemned')
    .where('project', '=', project)
    .where('family', '=', family)
    .where('digest', 'in', digests);
}

function byFamily(contents: readonly ContentKey[]): readonly (readonly [ContentFamily, readonly string[]])[] {
  return CONTENT_FAMILIES.flatMap((family) =>
    chunksOf(contents.filter((content) => content.family === family)).map(
      (chunk) => [family, chunk.map(({ digest }) => digest)] as const,
    ),
  );
}

/** Only digests are ever written. */
function keyOf({ family, digest }: { readonly family: ContentFamily; readonly digest: string }): ContentKey {
  return { family, digest: digest as Digest };
}
