import { createServer } from 'node:http';
import { describe, expect, it } from 'vitest';
import { foreignCaller, isLoopback, listen } from './loopback.ts';

describe('a caller', () => {
  it.each(['localhost', 'LOCALHOST:7430', '127.0.0.1', '127.1.2.3:80', '[::1]:7430'])('under %s is ours', (host) => {
    expect(foreignCaller({ host }, 'It')).toBeNull();
    expect(foreignCaller({ host, origin: `http://${host}` }, 'It')).toBeNull();
    expect(foreignCaller({ host, origin: 'https://localhost:3000' }, 'It')).toBeNull();
  });

  it.each(['evil.example', '127.0.0.1.evil.example', 'localhost.evil.example:80', '', '192.168.1.7', '0.0.0.0'])(
    "under '%s' is foreign, and so is a page of it",
    (host) => {
      const reason = `It answers under localhost and 127.0.0.1 only, not under '${host}'.`;
      expect(foreignCaller({ host }, 'It')).toBe(reason);
      const origin = `https://${host}`;
      expect(foreignCaller({ host: 'localhost', origin }, 'It')).toBe(
        `It takes no requests from pages of '${origin}'.`,
      );
    },
  );

  it('of no name is foreign, and so is a page of no origin', () => {
    expect(foreignCaller({}, 'It')).toContain("not under ''");
    expect(foreignCaller({ host: 'localhost', origin: 'null' }, 'It')).toContain("pages of 'null'");
  });
});

describe('an address to listen on', () => {
  it("is this machine's own, or not", () => {
    expect(['127.0.0.1', '::1', 'localhost', '0.0.0.0', '::', '10.0.0.1'].map(isLoopback)).toEqual([
      ...[true, true, true],
      ...[false, false, false],
    ]);
  });

  it('gives a URL, and says what is wrong when it is taken', async () => {
    const server = createServer();
    const url = await listen(server, '127.0.0.1', 0);
    expect(url).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
    const port = Number(new URL(url).port);
    await expect(listen(createServer(), '127.0.0.1', port)).rejects.toMatchObject({ code: 'EADDRINUSE' });
    await new Promise((resolve) => server.close(resolve));
  });
});
