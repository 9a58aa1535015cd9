import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  findPostgres,
  type PostgresServer,
  startPostgres,
  WITHOUT_POSTGRES,
} from '../../store/testing/postgres-server.ts';
import { type Asker, openAsker } from './ask-database.ts';
import { fireEvents } from './fire-events.ts';
import { lookOutside } from './look-outside.ts';
import { add, context, create, DAYS, kinds, outcomes, server, useTriggers } from './triggers.suite.ts';

const hasPostgres = findPostgres() !== null;

describe.skipIf(!hasPostgres)(`a database that is asked${hasPostgres ? '' : ` (skipped: ${WITHOUT_POSTGRES})`}`, () => {
  let postgres: PostgresServer;
  let url = '';
  beforeAll(async () => {
    postgres = await startPostgres();
    url = await postgres.createSchema();
    await postgres.query(url, 'CREATE TABLE visits (day date, shop text); CREATE SEQUENCE taken');
    await postgres.query(url, "INSERT INTO visits VALUES ('2026-02-01', 'a'), ('2026-02-01', 'b')");
  });
  afterAll(() => postgres?.stop());

  async function asking<T>(use: (asker: Asker) => Promise<T>, statementMs?: number): Promise<T> {
    const asker = await openAsker(url, 'lake', statementMs);
    try {
      return await use(asker);
    } finally {
      await asker.close();
    }
  }
  const ask = (text: string, values = ['2026-02-01'], statementMs?: number) =>
    asking((asker) => asker.ask({ text, values }), statementMs);

  it('gives a number, by values that are parameters', async () => {
    expect(await ask('SELECT count(*) FROM visits WHERE day = $1')).toBe(2);
    expect(await ask('SELECT sum(1.5) FROM visits WHERE day = $1 -- of a day')).toBe(3);
    expect(await ask('SELECT count(*) FROM visits WHERE shop = $1', ["a' OR true --"])).toBe(0);
  });

  it.each([
    ['SELECT day, count(*) FROM visits WHERE day = $1 GROUP BY day', 'it has to give one number'],
    ['SELECT 1 FROM visits WHERE day = $1', 'it has to give one number'],
    ['SELECT 1 FROM visits WHERE day > $1', 'it has to give one number'],
    ['SELECT max(shop) FROM visits WHERE day = $1', 'it has to give one number'],
    ['SELECT count(*) FROM visitors WHERE day = $1', 'relation "visitors" does not exist (SQLSTATE 42P01)'],
    ['DELETE FROM visits WHERE day = $1', 'syntax error'],
    ['SELECT count(nextval($2)) FROM visits WHERE day = $1', 'in a read-only transaction (SQLSTATE 25006)'],
    ['SELECT 1) AS a; SELECT * FROM (SELECT $1::text', 'multiple commands'],
    ['SELECT 1) AS a; COMMIT; DELETE FROM visits; SELECT * FROM (SELECT 1', 'multiple commands'],
  ])('is not changed by %s, which is refused', async (text, said) => {
    const values = ['2026-02-01', 'taken'].filter((_, index) => text.includes(`$${index + 1}`));
    await expect(ask(text, values)).rejects.toThrow(said);
    expect(await ask('SELECT count(*) FROM visits WHERE day = $1')).toBe(2);
  });

  it('tells nothing that stands in its rows', async () => {
    const asked = ask('SELECT sum((shop || $1)::integer) FROM visits', ['sk-live']);
    await expect(asked).rejects.toThrow(
      'The query failed with SQLSTATE 22P02. What the database says of it can hold data',
    );
    await expect(asked).rejects.not.toThrow('sk-live');
  });

  it('ends a query that takes too long, and answers the next', async () => {
    await asking(async (asker) => {
      const slow = asker.ask({ text: 'SELECT 1 FROM pg_sleep(60) WHERE $1 <> $2', values: ['a', 'b'] });
      await expect(slow).rejects.toThrow('statement timeout');
      expect(await asker.ask({ text: 'SELECT length($1)', values: ['abc'] })).toBe(3);
    }, 200);
  });

  it('says whose database cannot be reached', async () => {
    const asker = await openAsker('postgres://ada:geheim@127.0.0.1:1/lake', 'lake');
    const asked = asker.ask({ text: 'SELECT length($1)', values: ['abc'] });
    await expect(asked).rejects.toThrow('The database that secret lake names cannot be reached: connect ECONNREFUSED');
    await asker.close();
  });

  it('is not let in by the password of this process', async () => {
    const { username, password, search } = new URL(url);
    const mine = process.env.PGPASSWORD;
    process.env.PGPASSWORD = decodeURIComponent(password);
    const asker = await openAsker(`postgres://${username}@127.0.0.1:${postgres.port}/postgres${search}`, 'lake');
    try {
      const asked = asker.ask({ text: 'SELECT length($1)', values: ['abc'] });
      await expect(asked).rejects.toThrow(/^The database that secret lake names cannot be reached: .*password/);
    } finally {
      await asker.close();
      if (mine === undefined) delete process.env.PGPASSWORD;
      else process.env.PGPASSWORD = mine;
    }
  });

  it.each(['sslrootcert', 'sslcert', 'sslkey'])('has no %s, which is a file of this machine', async (parameter) => {
    const named = `postgres://ada:geheim@lake/visits?${parameter}=/etc/hostname`;
    const opened = openAsker(named, 'lake');
    await expect(opened).rejects.toThrow(`Secret lake (postgres://ada`);
    await expect(opened).rejects.toThrow(`has the parameter '${parameter}', which names a file of the API's machine`);
    await expect(opened).rejects.not.toThrow('geheim');
  });

  describe('by a trigger', () => {
    useTriggers();
    const query = 'SELECT count(*) FROM visits WHERE day = {day}';
    const on = { kind: 'partitionArrived', query, database: 'lake', from: '2026-02-01' } as const;
    const daily = { pipeline: 'by-day' };

    it('starts the run of a partition that has its rows, and is told late of another', async () => {
      await server.stores.storedSecrets.set('lake', url, 'ada');
      await create('visited', { ...on, rows: 2, lateAfter: '1h' }, daily);
      await lookOutside(context);
      await fireEvents(context);
      expect((await kinds()).filter((kind) => kind.startsWith('partition')).sort()).toEqual([
        'partitionArrived',
        'partitionLate',
      ]);
      const [arrived] = (await server.stores.metadata.events.after(0, 10)).filter(
        ({ kind }) => kind === 'partitionArrived',
      );
      expect(arrived).toMatchObject({ partition: '2026-02-01', path: null, files: null, rows: 2 });
      expect((await server.client.runs({ pipeline: 'by-day' })).items).toMatchObject([{ partition: '2026-02-01' }]);
    });

    it('says what is wrong with a query, and keeps no other from looking', async () => {
      await server.stores.storedSecrets.set('lake', url, 'ada');
      await create('blind', { ...on, query: 'SELECT count(*) FROM visitors WHERE day = {day}' }, daily);
      await create('seeing', on, daily);
      await lookOutside(context);
      await fireEvents(context);
      expect((await server.client.trigger('blind')).look?.failure).toMatch(/^The query failed: relation "visitors"/);
      expect([await outcomes('blind'), await outcomes('seeing')]).toEqual([[], ['started']]);
    });

    it('is refused where its URL is no secret, or no database’s, and says when that is gone', async () => {
      await expect(create('visited', on, daily)).rejects.toThrow('There is no secret lake');
      await server.stores.storedSecrets.set('lake', 'https://ada:geheim@lake', 'ada');
      const refused = create('visited', on, daily);
      await expect(refused).rejects.toThrow('Secret lake is no URL of a PostgreSQL database');
      await expect(refused).rejects.not.toThrow('geheim');
      await server.stores.storedSecrets.set('lake', 'postgres://ada@lake/visits?sslkey=/etc/hostname', 'ada');
      await expect(create('visited', on, daily)).rejects.toThrow(
        "Secret lake (postgres://ada@lake/visits) has the parameter 'sslkey'",
      );
      await server.stores.storedSecrets.set('lake', url, 'ada');
      await create('visited', on, daily);
      await server.stores.storedSecrets.delete('lake', 'ada');
      await lookOutside(context);
      expect((await server.client.trigger('visited')).look?.failure).toMatch(/^There is no secret lake/);
    });

    it('binds the parts of a key of several dimensions', async () => {
      await server.stores.storedSecrets.set('lake', url, 'ada');
      await add('by-shop', { dimensions: [...DAYS.dimensions, { kind: 'static', name: 'shop', keys: ['a', 'c'] }] });
      const both = { ...on, query: 'SELECT count(*) FROM visits WHERE day = {day} AND shop = {shop}' };
      await create('visited', both, { pipeline: 'by-shop' });
      await lookOutside(context);
      const told = await server.stores.metadata.events.after(0, 10);
      expect(told).toMatchObject([{ partition: 'day=2026-02-01,shop=a', rows: 1 }]);
    });
  });
});
