import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Transition } from '../../../ir/protocol/transition.ts';
import { findPostgres, type PostgresServer, startPostgres, WITHOUT_POSTGRES } from '../../testing/postgres-server.ts';
import { MIGRATIONS } from '../sql/migrate.ts';
import { openPostgresMetadata } from './open-postgres-metadata.ts';
import { postgresSettings } from './postgres-settings.ts';

const isThere = findPostgres() !== null;
const TASK: Omit<Transition, 'path' | 'sequence'> = {
  ...{ kind: 'task', step: 's', status: 'running', at: 1, input: null, output: null },
  ...{ failure: null, cache: null, detail: {} },
};

describe.runIf(isThere)(`a PostgreSQL database${isThere ? '' : ` (${WITHOUT_POSTGRES})`}`, () => {
  let server: PostgresServer;
  let url: string;
  beforeAll(async () => {
    server = await startPostgres();
    url = await server.createSchema();
  });
  afterAll(() => server.stop());

  const open = (env: Readonly<Record<string, string>>, project = 'default') => {
    const settings = postgresSettings(env);
    if (settings === null) throw new Error('MILLRACE_METADATA is missing.');
    return openPostgresMetadata({ settings, project, application: 'millrace-test' });
  };
  const openHere = (project?: string) => open({ MILLRACE_METADATA: url }, project);
  const withoutPassword = () => {
    const bare = new URL(url);
    bare.password = '';
    return bare.href;
  };
  const password = () => decodeURIComponent(new URL(url).password);

  it('takes its password from PGPASSWORD or a file as well', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'millrace-password-'));
    const file = join(folder, 'password');
    await writeFile(file, `${password()}\n`);
    await (await open({ MILLRACE_METADATA: withoutPassword(), PGPASSWORD: password() })).close();
    const env = { MILLRACE_METADATA: withoutPassword(), MILLRACE_METADATA_PASSWORD_FILE: file, PGPASSWORD: 'wrong' };
    await (await open(env)).close();
    await expect(open({ ...env, MILLRACE_METADATA_PASSWORD_FILE: join(folder, 'none') })).rejects.toThrow(
      /The file .*none \(MILLRACE_METADATA_PASSWORD_FILE\) cannot be read/,
    );
    await rm(folder, { recursive: true });
  });

  it('that does not let one in, is not there, or does not answer is told of at once, without the password', async () => {
    const wrong = url.replace(new URL(url).password, 'not-this');
    const cases: readonly (readonly [string, RegExp])[] = [
      [wrong, /does not let this user in \(28P01.*MILLRACE_METADATA_PASSWORD_FILE/],
      [withoutPassword(), /asks for a password, and none was given/],
      [url.replace('/postgres?', '/nowhere?'), /nowhere is not there \(3D000.*createdb/],
      [url.replace(`:${server.port}/`, ':1/'), /is not to be reached \(.*ECONNREFUSED.*Start that server/],
      [`${url}&sslmode=require`, /does not support SSL.*sslmode/],
    ];
    for (const [address, message] of cases) {
      const failure = await open({ MILLRACE_METADATA: address }).catch((error: unknown) => error);
      expect(failure).toMatchObject({
        name: 'MetadataError',
        kind: 'unavailable',
        message: expect.stringMatching(message),
      });
      const { password: secret } = new URL(address);
      if (secret !== '') expect(String(failure)).not.toContain(decodeURIComponent(secret));
    }
  });

  it('that a newer Millrace made is refused, with the way out', async () => {
    const newer = await server.createSchema();
    await (await open({ MILLRACE_METADATA: newer })).close();
    await server.query(newer, 'insert into schema_versions values (99, 0)');
    await expect(open({ MILLRACE_METADATA: newer })).rejects.toMatchObject({
      kind: 'newerSchema',
      message: expect.stringMatching(/schema 99; .*name another database in MILLRACE_METADATA/),
    });
  });

  it('is migrated once by many that open it at the same moment', async () => {
    const fresh = await server.createSchema();
    const stores = await Promise.all(Array.from({ length: 6 }, () => open({ MILLRACE_METADATA: fresh })));
    await Promise.all(stores.map((store) => store.close()));
    expect(await server.query(fresh, 'select version from schema_versions')).toHaveLength(MIGRATIONS.length);
  });

  it('lists in the order of bytes, whatever its locale', async () => {
    const english = await server.createDatabase(
      "template template0 encoding 'UTF8' locale_provider icu icu_locale 'en-US' locale 'C'",
    );
    const store = await open({ MILLRACE_METADATA: english });
    const names = ['b', 'B', 'a', 'Ä', 'A', '_'];
    await store.tasks.saveMetrics(
      { runId: 'r', path: 'p', attempt: 1 },
      names.map((name) => ({ name, step: 0, value: 1 })),
    );
    const listed = (await store.tasks.points('r')).items.map(({ name }) => name);
    await store.close();
    expect(listed).toEqual(['A', 'B', '_', 'a', 'b', 'Ä']);
  });

  it('lists its connections by part, and holds no more than it may', async () => {
    const store = await open({ MILLRACE_METADATA: url, MILLRACE_METADATA_CONNECTIONS: '2' });
    await Promise.all(Array.from({ length: 20 }, (_, index) => store.runs.get(`r${index}`)));
    const connections = await server.query(
      url,
      "select 1 from pg_stat_activity where application_name = 'millrace-test'",
    );
    await store.close();
    expect(connections).toHaveLength(2);
  });

  it('takes a record whole or not at all, and what is beside one that is refused', async () => {
    const store = await openHere();
    const outcomes = await Promise.allSettled([
      store.tasks.record('beside', [{ ...TASK, path: 'p', sequence: 1 }]),
      store.tasks.record('whole', [
        { ...TASK, path: 'good', sequence: 1 },
        { ...TASK, path: 'bad', sequence: Number.NaN },
      ]),
      store.tasks.record('beside', [{ ...TASK, path: 'q', sequence: 2 }]),
    ]);
    expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
    expect(await store.tasks.list('whole')).toEqual([]);
    expect((await store.tasks.list('beside')).map(({ path }) => path)).toEqual(['p', 'q']);
    await store.close();
  });

  it('gives numbers of 64 bits as numbers, and JSON as it was written', async () => {
    const store = await openHere();
    const at = Number.MAX_SAFE_INTEGER;
    const output = { z: 1, a: 1e21, text: 'a\u0000b \ud83d\ude00', nested: [null, 0.1] };
    await store.tasks.record('exact', [{ ...TASK, path: 'p', sequence: at, at, output }]);
    expect(await store.tasks.get('exact', 'p')).toMatchObject({ sequence: at, at, output });
    const [row] = await server.query<{ output: string }>(url, "select output from tasks where run_id = 'exact'");
    expect(row?.output).toBe(JSON.stringify(output));
    await store.close();
  });

  it('loses nothing of what was asked before close, and closes once', async () => {
    const store = await openHere('closing');
    const written = Promise.all(
      Array.from({ length: 500 }, (_, chunk) =>
        store.tasks.appendLog({ runId: 'r', path: 'p', attempt: 1, chunk, lines: [] }),
      ),
    );
    await Promise.all([store.close(), store.close()]);
    await written;
    const [row] = await server.query<{ n: string }>(
      url,
      "select count(*) as n from log_chunks where project = 'closing'",
    );
    expect(row?.n).toBe('500');
    await expect(store.cache.get(['k'])).rejects.toMatchObject({ kind: 'unavailable' });
  });

  it('has project first in the key of every table of the store', async () => {
    const keys = await server.query<{ table: string; column: string }>(
      url,
      `select relname as table, attname as column from pg_index join pg_class on pg_class.oid = indrelid
        join pg_attribute on attrelid = indrelid and attnum = indkey[0]
        where indisprimary and relnamespace = current_schema()::regnamespace`,
    );
    const own = keys.filter(({ table }) => table !== 'schema_versions' && table !== 'write_marks');
    expect(own.length).toBeGreaterThanOrEqual(16);
    expect(own.filter(({ column }) => column !== 'project')).toEqual([]);
  });
});
