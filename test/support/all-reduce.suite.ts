import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';
import type { Gang, Peer } from 'millrace';

/** Adds up what all replicas give, in the order of their ranks, and gives each the sum. */
export interface AllReduce {
  readonly sum: (own: readonly number[]) => Promise<readonly number[]>;
  readonly close: () => void;
}

/** A star: rank 0 listens, the others send it a line of JSON a round and read one back. A broken connection throws. */
export async function joinGang({ rank, size, peers }: Gang): Promise<AllReduce> {
  const [centre] = peers;
  if (centre === undefined) throw new Error('Nobody is there.');
  return rank === 0 ? serve(centre, size) : take(centre, rank);
}

async function serve({ host, port }: Peer, size: number): Promise<AllReduce> {
  const server = createServer().listen(port, host);
  const lines = await greeted(server, size - 1);
  return {
    sum: async (own) => {
      const all = [own];
      for (const { read } of lines) all.push(await read());
      const sums = own.map((_, index) => all.reduce((sum, values) => sum + (values[index] ?? 0), 0));
      for (const { write } of lines) write(sums);
      return sums;
    },
    close: () => {
      for (const { close } of lines) close();
      server.close();
    },
  };
}

/** The others' lines by rank: each says first which it is. */
function greeted(server: Server, others: number): Promise<readonly Line[]> {
  const lines = new Map<number, Line>();
  return new Promise((resolve, reject) => {
    const done = () => resolve([...lines].sort(([left], [right]) => left - right).map(([, line]) => line));
    const greet = async (socket: Socket) => {
      const line = lineOf(socket);
      const [rank = 0] = await line.read();
      lines.set(rank, line);
      if (lines.size === others) done();
    };
    if (others === 0) done();
    server.on('connection', (socket) => void greet(socket).catch(reject));
  });
}

async function take(centre: Peer, rank: number): Promise<AllReduce> {
  const line = lineOf(await reached(centre));
  line.write([rank]);
  return {
    sum: (own) => {
      line.write(own);
      return line.read();
    },
    close: line.close,
  };
}

/** All begin together, and who listens may be a little later than who calls. */
async function reached({ host, port }: Peer): Promise<Socket> {
  for (let tries = 0; ; tries++) {
    const socket = connect(port, host);
    try {
      await once(socket, 'connect');
      return socket;
    } catch (error) {
      if (tries === 100) throw error;
      await delay(50);
    }
  }
}

interface Line {
  readonly read: () => Promise<readonly number[]>;
  readonly write: (values: readonly number[]) => void;
  readonly close: () => void;
}

function lineOf(socket: Socket): Line {
  socket.on('error', () => undefined);
  const lines = createInterface({ input: socket })[Symbol.asyncIterator]();
  return {
    read: async () => {
      const { value, done } = await lines.next();
      if (done) throw new Error('A peer is gone.');
      return JSON.parse(value) as readonly number[];
    },
    write: (values) => socket.write(`${JSON.stringify(values)}\n`),
    close: () => socket.end(),
  };
}
