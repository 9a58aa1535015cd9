import { request } from 'node:http';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { apiToken } from './api-token.ts';
import { createClient } from './client.ts';
import { listeningAddress } from './http/loopback.ts';
import { signatureOf } from './http/standard-webhooks.ts';
import { samplePipeline } from './testing/sample-pipeline.suite.ts';
import { startTestServer, type TestServer, testServer } from './testing/test-server.suite.ts';

const TOKEN = 'a-token-of-the-tests-7f3a';

const server = testServer();
const base = () => `${server().url}/api/v1/projects/default`;

/** fetch() does not let a test choose the Host header. */
function statusUnder(host: string, path: string, url = server().url): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    const sent = request(`${url}${path}`, { headers: { host } }, (response) => {
      response.resume();
      resolve(response.statusCode);
    });
    sent.on('error', reject).end();
  });
}

describe('the API', () => {
  it('answers /health with what it serves', async () => {
    const health = await server().client.health();
    expect(health).toEqual({ status: 'ok', project: 'default', version: '0.0.0', temporal: null });
  });

  it('takes requests under loopback names only, so that a rebound name does not reach it', async () => {
    expect(await statusUnder('localhost:7420', '/health')).toBe(200);
    expect(await statusUnder('127.0.0.1', '/health')).toBe(200);
    expect(await statusUnder('[::1]:7420', '/health')).toBe(200);
    expect(await statusUnder('evil.example', '/health')).toBe(403);
    expect(await statusUnder('127.0.0.1.evil.example', '/health')).toBe(403);
    expect(await statusUnder('localhost.evil.example:80', '/health')).toBe(403);
  });

  it('takes no requests from pages of other origins', async () => {
    const response = await fetch(`${base()}/runs`, { headers: { origin: 'https://evil.example' } });
    expect(response.status).toBe(403);
  });

  it('takes writes as JSON only, which a plain form cannot send', async () => {
    for (const type of ['text/plain', 'application/x-www-form-urlencoded', 'multipart/form-data; boundary=x']) {
      const response = await fetch(`${base()}/runs`, { method: 'POST', headers: { 'content-type': type }, body: '{}' });
      expect(response.status).toBe(415);
    }
    expect((await fetch(`${base()}/runs/x/cancel`, { method: 'POST' })).status).toBe(415);
  });

  it('answers errors as problem documents', async () => {
    const response = await fetch(`${base()}/nothing-here`);
    expect(response.status).toBe(404);
    expect(response.headers.get('content-type')).toContain('application/problem+json');
    expect(await response.json()).toMatchObject({
      type: 'urn:millrace:problem:notFound',
      status: 404,
      code: 'notFound',
    });
    const unpaged = await fetch(`${base()}/runs?cursor=junk`);
    expect(unpaged.status).toBe(400);
    expect(await unpaged.json()).toMatchObject({ detail: expect.stringContaining("'junk' is no cursor") });
    const broken = await fetch(`${base()}/runs`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: '{',
    });
    expect(await broken.json()).toMatchObject({ status: 400, code: 'invalidRequest' });
  });

  it('names the part of a query that is wrong', async () => {
    const response = await fetch(`${base()}/runs?limit=0`);
    expect(await response.json()).toMatchObject({ code: 'invalidRequest', errors: [{ at: 'limit' }] });
  });

  it('serves one project, and says how to serve another', async () => {
    await expect(createClient(server().url, 'other').runs()).rejects.toMatchObject({
      status: 404,
      next: expect.stringContaining('--project other'),
    });
  });

  it('listens beyond this machine for callers with a token only', () => {
    expect(listeningAddress('127.0.0.1', null)).toBe('127.0.0.1');
    expect(listeningAddress('0.0.0.0', TOKEN)).toBe('0.0.0.0');
    expect(() => listeningAddress('0.0.0.0', null)).toThrow(/not on 0\.0\.0\.0: set MILLRACE_API_TOKEN_FILE/);
    expect(() => apiToken({ MILLRACE_API_TOKEN: 'secret' })).toThrow(/16 characters or more of ASCII/);
    expect(() => apiToken({ MILLRACE_API_TOKEN: 'sixteen or more, with spaces' })).toThrow(/without spaces/);
    expect(apiToken({})).toBeNull();
  });

  it('is ready while its stores answer', async () => {
    const response = await fetch(`${server().url}/health/ready`);
    expect([response.status, await response.json()]).toEqual([200, { ready: true, metadata: true, temporal: true }]);
  });
});

describe('the API with a token', () => {
  let guarded: TestServer;
  beforeAll(async () => {
    guarded = await startTestServer(null, Date.now, TOKEN);
  });
  afterAll(() => guarded.close());

  it('answers whoever shows it, under whatever name', async () => {
    await expect(createClient(guarded.url, 'default', TOKEN).runs()).resolves.toMatchObject({ items: [] });
    expect(await statusUnder('api.internal:7420', '/health', guarded.url)).toBe(200);
  });

  it.each([undefined, 'Bearer', `Bearer ${TOKEN.slice(1)}`, `Bearer ${TOKEN}x`, `Basic ${TOKEN}`, TOKEN])(
    'is closed to %s',
    async (authorization) => {
      for (const path of ['/runs', '/nothing-here', `/blobs/sha256:${'0'.repeat(64)}`]) {
        const headers: Record<string, string> = authorization === undefined ? {} : { authorization };
        const response = await fetch(`${guarded.url}/api/v1/projects/default${path}`, { headers });
        expect([response.status, response.headers.get('www-authenticate')]).toEqual([401, 'Bearer']);
        expect(await response.json()).toMatchObject({
          code: 'unauthenticated',
          next: 'Set MILLRACE_API_TOKEN_FILE, or MILLRACE_API_TOKEN.',
        });
      }
    },
  );

  it('takes deliveries for their signature alone, and other requests of triggers for the token', async () => {
    const client = createClient(guarded.url, 'default', TOKEN);
    const { compiled, blobs } = samplePipeline('hooked');
    for (const [digest, bytes] of blobs) await client.putBlob(digest, bytes);
    await client.addPipeline(compiled);
    const hook = { name: 'hook', pipeline: 'hooked', params: { source: 's' }, on: { kind: 'webhook' } } as const;
    const { secret } = await client.createTrigger(hook);
    const url = `${guarded.url}/api/v1/projects/default/triggers/hook`;
    const signed = { id: 'd1', timestamp: `${Math.floor(Date.now() / 1_000)}`, body: Buffer.from('{}') };
    const deliver = async (signature: string, project = 'default') => {
      const headers = {
        'content-type': 'application/json',
        'webhook-id': signed.id,
        'webhook-timestamp': signed.timestamp,
      };
      const to = url.replace('/default/', `/${project}/`);
      const init = { method: 'POST', headers: { ...headers, 'webhook-signature': signature }, body: signed.body };
      return (await fetch(`${to}/deliveries`, init)).status;
    };
    const signature = signatureOf(secret ?? '', signed);
    expect([await deliver(signature), await deliver('v1,AAAA'), await deliver(signature, 'other')]).toEqual([
      202, 401, 404,
    ]);
    for (const path of ['', '/deliveries', '/firings']) expect((await fetch(url + path)).status).toBe(401);
  });

  it('says how it is to everybody', async () => {
    for (const path of ['/health', '/health/ready']) expect((await fetch(guarded.url + path)).status).toBe(200);
  });
});
