import { afterEach, expect, it, vi } from 'vitest';
import { runningApi } from './with-api.ts';

afterEach(() => vi.unstubAllEnvs());

it.each(['nonsense', 'localhost:7420', 'file:///etc/passwd'])(
  'says that MILLRACE_API_URL=%s is no URL of an API',
  async (url) => {
    vi.stubEnv('MILLRACE_API_URL', url);
    const error = await runningApi({ home: '/nowhere', project: 'default' }).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ message: `MILLRACE_API_URL is '${url}', which is no URL of an API.`, exitCode: 2 });
  },
);
