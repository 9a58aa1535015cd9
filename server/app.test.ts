import { request } from 'node:http';
import { describe, expect, it } from 'vitest';
import { createClient } from './client.ts';
import { loopbackAddress } from './http/loopback.ts';
import { testServer } from './testing/test-server.suite.ts';

const server = testServer();
const base = () => `${server().url}/api/v1/projects/default`;

/** fetch() does not let a test choose the Host header. */
function statusUnder(host: string, path: string): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    const sent = request(`${server().url}${path}`, { headers: { host } }, (response) => {
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

  it('listens on this machine only', () => {
    expect(loopbackAddress('127.0.0.1')).toBe('127.0.0.1');
    expect(() => loopbackAddress('0.0.0.0')).toThrow(/no authentication/);
  });
});
