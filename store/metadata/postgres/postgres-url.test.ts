import { describe, expect, it } from 'vitest';
import { postgresSettings } from './postgres-settings.ts';
import { parsePostgresUrl } from './postgres-url.ts';

describe('MILLRACE_METADATA', () => {
  it('names user, host, port and database, with %XX for what a URL cannot hold', () => {
    expect(parsePostgresUrl('postgres://m%40l:ge%2Fheim@db.example:6543/ml%20runs?sslmode=verify-full')).toEqual({
      name: 'postgres://m%40l@db.example:6543/ml%20runs',
      ...{ user: 'm@l', password: 'ge/heim', host: 'db.example', port: 6543, database: 'ml runs' },
      ...{ sslMode: 'verify-full', sslRootCert: null, sslCert: null, sslKey: null, options: null },
    });
  });

  it.each([
    ['postgres://ml@localhost/db', 'localhost', 'disable'],
    ['postgresql://ml@127.0.0.1/db', '127.0.0.1', 'disable'],
    ['postgres://ml@[::1]/db', '::1', 'disable'],
    ['postgres://ml@%2Fvar%2Frun%2Fpostgresql/db', '/var/run/postgresql', 'disable'],
    ['postgres://ml@10.0.0.7/db', '10.0.0.7', 'require'],
    ['postgres://ml@db.example/db?sslmode=disable', 'db.example', 'disable'],
  ])('%s reaches %s with sslmode %s', (url, host, sslMode) => {
    expect(parsePostgresUrl(url)).toMatchObject({ host, sslMode, port: 5432 });
  });

  it.each([
    ['/srv/metadata.sqlite', 'is no URL of a PostgreSQL database'],
    ['mysql://ml:geheim@db/ml', 'is no URL of a PostgreSQL database'],
    ['postgres://ml:ge heim/#@db/ml', 'is no URL of a PostgreSQL database'],
    ['postgres://ml:geheim@db', 'has to name a user, a host and a database'],
    ['postgres://db/ml', 'has to name a user, a host and a database'],
    ['postgres://ml:geheim@db/ml?sslmode=prefer', "has sslmode 'prefer'"],
    ['postgres://ml:geheim@db/ml?password=geheim', "has the parameter 'password'"],
    ['postgres://ml:geheim%ZZ@db/ml', 'write % itself as %25'],
  ])('%s is refused, and its password is not told', (url, reason) => {
    const settings = () => postgresSettings({ MILLRACE_METADATA: url });
    expect(settings).toThrow(reason);
    expect(settings).toThrow(/^MILLRACE_METADATA(?!.*(?:geheim|ge heim))/);
  });

  it('unset leaves metadata in the home', () => {
    expect(postgresSettings({})).toBeNull();
    expect(postgresSettings({ MILLRACE_METADATA: '', PGPASSWORD: 'x' })).toBeNull();
  });

  it.each(['0', '101', 'many', '-1', '2.5'])('refuses %s connections', (count) => {
    const env = { MILLRACE_METADATA: 'postgres://ml@db/ml', MILLRACE_METADATA_CONNECTIONS: count };
    expect(() => postgresSettings(env)).toThrow(`MILLRACE_METADATA_CONNECTIONS is '${count}'`);
  });
});
