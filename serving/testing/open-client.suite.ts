import { Agent, request } from 'node:http';

export interface Reply {
  readonly status: number;
  readonly headers: NodeJS.Dict<string | string[]>;
  readonly body: Record<string, unknown>;
  readonly text: string;
}

/** A client of one server with its own keep-alive connections, at most `connections` of them. */
export function openClient(url: string, connections = 1) {
  const agent = new Agent({ keepAlive: true, maxSockets: connections });
  const send = (method: string, path: string, body?: string | Buffer | object, headers: Record<string, string> = {}) =>
    new Promise<Reply>((resolve, reject) => {
      const sent = request(new URL(path, url), { method, agent, headers }, (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('error', reject);
        response.on('end', () => {
          const text = Buffer.concat(chunks).toString();
          resolve({
            status: response.statusCode ?? 0,
            headers: response.headers,
            body: text ? JSON.parse(text) : {},
            text,
          });
        });
      });
      sent.on('error', reject);
      sent.end(body === undefined || typeof body === 'string' || Buffer.isBuffer(body) ? body : JSON.stringify(body));
    });
  return { send, get: (path: string) => send('GET', path), close: () => agent.destroy() };
}

/** A row of the scoring model, as the protocol has it. */
export function scoringRows(distances: readonly number[], extra: object = {}) {
  const rows = distances.length;
  return {
    ...extra,
    inputs: [
      { name: 'date', datatype: 'INT64', shape: [rows], data: distances.map(() => 978_307_200_000_000) },
      { name: 'origin', datatype: 'BYTES', shape: [rows], data: distances.map((distance) => `A${distance}`) },
      { name: 'distance', datatype: 'FP32', shape: [rows, 1], data: distances },
    ],
  };
}
