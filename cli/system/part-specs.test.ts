import { afterEach, expect, it, vi } from 'vitest';
import { temporalSpec } from './part-specs.ts';

afterEach(() => vi.unstubAllEnvs());

it('gives Temporal none of the keys that Millrace has', () => {
  const keys = [
    'AWS_SECRET_ACCESS_KEY',
    'MILLRACE_METADATA',
    'MILLRACE_SECRET_DB_URL',
    'MILLRACE_SECRETS_KEY',
    'PGPASSWORD',
  ];
  for (const name of keys) vi.stubEnv(name, 'a-key');
  const { env } = temporalSpec({ home: '/home', project: 'default' }, 'temporal', 7433);
  expect(keys.map((name) => env[name])).toEqual(keys.map(() => ''));
});
