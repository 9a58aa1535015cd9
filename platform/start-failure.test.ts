import { once } from 'node:events';
import { createServer } from 'node:net';
import { expect, it } from 'vitest';
import { startFailure } from './start-failure.ts';

it('names the port that is taken, and how another is named', async () => {
  const first = createServer().listen(0, '127.0.0.1');
  await once(first, 'listening');
  const address = first.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  const [error] = await once(createServer().listen(port, '127.0.0.1'), 'error').catch((thrown: unknown) => [thrown]);
  first.close();
  expect(startFailure(error, '--port')).toBe(`Port ${port} is taken by another process. Name another with --port.`);
  expect(startFailure(new Error('no home'), '--port')).toBe('no home');
});
