import { afterAll, afterEach, beforeAll, expect, it, vi } from 'vitest';
import { freePort } from '../../platform/free-port.ts';
import { startTestServer, type TestServer } from '../../server/testing/test-server.suite.ts';
import { checkSecrets } from './check-secrets.ts';
import { checkSystem } from './check-system.ts';

const TOKEN = 'a-token-of-the-tests-7f3a';
const PLACE = { home: '/nowhere', project: 'default' };
let server: TestServer;
beforeAll(async () => {
  server = await startTestServer(null, Date.now, TOKEN);
});
afterAll(() => server.close());
afterEach(() => vi.unstubAllEnvs());

function asked(url: string, token: string) {
  vi.stubEnv('MILLRACE_API_URL', url);
  vi.stubEnv('MILLRACE_API_TOKEN', token);
  return Promise.all([checkSystem(PLACE), checkSecrets(PLACE)]);
}

it('asks the API that is named, with the token', async () => {
  expect(await asked(server.url, TOKEN)).toMatchObject([
    { status: 'ok', found: `${server.url} (MILLRACE_API_URL), project default: ready, and takes requests from here` },
    { status: 'ok', found: '0 stored; workers have what tasks read' },
  ]);
});

it.each([
  ['no token', '', 'takes requests with its token only', 'Set MILLRACE_API_TOKEN_FILE'],
  ['another token', 'x'.repeat(20), 'is not the token of this API', 'Set MILLRACE_API_TOKEN_FILE'],
  ['what is no token', 'ä'.repeat(20), '16 characters or more of ASCII', 'Correct MILLRACE_API_TOKEN_FILE'],
])('says what to do about %s', async (_, token, found, cure) => {
  const [system, secrets] = await asked(server.url, token);
  expect(system).toMatchObject({
    status: 'missing',
    found: expect.stringContaining(found),
    cure: expect.stringContaining(cure),
  });
  expect(secrets).toMatchObject({ status: 'warning', found: expect.stringContaining(`not known: `) });
});

it('says of one that is away which setting names it', async () => {
  const url = `http://127.0.0.1:${await freePort()}`;
  const [system, secrets] = await asked(url, TOKEN);
  expect(system).toMatchObject({
    status: 'missing',
    found: expect.stringContaining(`The API at ${url} does not answer.`),
    cure: expect.stringContaining('correct MILLRACE_API_URL'),
  });
  expect(secrets).toMatchObject({ status: 'warning', cure: expect.stringContaining('MILLRACE_API_URL') });
  expect((await asked('7420', TOKEN))[0]).toMatchObject({ found: expect.stringContaining('is no URL of an API') });
});
