import { once } from 'node:events';
import { createServer, type Server } from 'node:net';
import { afterEach, expect, it } from 'vitest';
import { freePort } from '../../platform/free-port.ts';
import { onFreePorts } from './on-free-ports.ts';

const open: Server[] = [];
afterEach(() => {
  for (const server of open.splice(0)) server.close();
});

async function listen(port: number): Promise<number> {
  const server = createServer();
  open.push(server);
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  return port;
}

it('chooses again when another took a port between the choice and the start', async () => {
  const said: string[] = [];
  const [first, second] = [await freePort(), await freePort()];
  const chosen = [first, second];
  const listening = await onFreePorts({
    choose: async () => ({ ports: [chosen.shift() ?? expect.fail('a third choice')] }),
    start: async ({ ports: [port = 0] }) => {
      if (port === first) await listen(first);
      return listen(port);
    },
    say: (line) => said.push(line),
  });
  expect(listening).toBe(second);
  expect(said).toEqual([`Another process took port ${first} meanwhile: starting again on other ports.`]);
});

it('chooses again, and not what is usual, where the failure says so though the port is free again', async () => {
  const asked: boolean[] = [];
  const [first, second] = [await freePort(), await freePort()];
  const listening = await onFreePorts({
    choose: async (isAgain) => {
      asked.push(isAgain);
      return { ports: [isAgain ? second : first] };
    },
    start: async ({ ports: [port = 0] }) => {
      if (port === second) return port;
      throw new Error(`temporal ended with status 2. listen tcp 127.0.0.1:${port}: bind: address already in use`);
    },
    say: () => {},
  });
  expect([listening, ...asked]).toEqual([second, false, true]);
});

it('leaves a failure of another kind as it is, and gives up after three choices', async () => {
  const taken = await listen(await freePort());
  let starts = 0;
  const start = async (ports: readonly number[]): Promise<void> => {
    await onFreePorts({
      choose: async () => ({ ports }),
      start: () => {
        starts += 1;
        return Promise.reject(new Error('no such queue'));
      },
      say: () => {},
    });
  };
  await expect(start([await freePort()])).rejects.toThrow('no such queue');
  expect(starts).toBe(1);
  await expect(start([taken])).rejects.toThrow('no such queue');
  expect(starts).toBe(4);
});
