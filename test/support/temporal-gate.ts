import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import {
  connect,
  createSecureServer,
  type Http2SecureServer,
  type IncomingHttpHeaders,
  type ServerHttp2Stream,
} from 'node:http2';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { listen } from '../../platform/loopback.ts';

/** Names that a certificate is for, and who signed it. */
export interface Certificate {
  readonly cert: string;
  readonly key: string;
}

/** What stands before Temporal in a cluster: it speaks TLS, and asks for a client's certificate and an API key. */
export interface TemporalGate {
  /** `127.0.0.1:port`. Its certificate is in the name of {@link GATE_NAME} alone. */
  readonly address: string;
  readonly ca: string;
  readonly client: Certificate;
  /** Of an authority that the gate does not know. */
  readonly stranger: Certificate;
  /** What calls brought with them, by header. */
  readonly keys: readonly (string | undefined)[];
  stop(): Promise<void>;
}

export const GATE_NAME = 'temporal.internal';
/** gRPC's code for a call whose key is none. */
const UNAUTHENTICATED = '16';

/** @param apiKey What calls have to bring as a bearer. */
export async function openTemporalGate(upstream: string, apiKey: string): Promise<TemporalGate> {
  const folder = await mkdtemp(join(tmpdir(), 'millrace-gate-'));
  const [ca, others] = [await authority(folder, 'ca'), await authority(folder, 'others')];
  const server = await certificate(folder, 'server', ca, GATE_NAME);
  const keys: (string | undefined)[] = [];
  const gate = createSecureServer({
    ...{ key: await readFile(server.key), cert: await readFile(server.cert), ca: await readFile(ca.cert) },
    ...{ requestCert: true, rejectUnauthorized: true },
  });
  const backend = connect(`http://${upstream}`);
  gate.on('stream', (stream, headers) => {
    keys.push(headers.authorization);
    if (headers.authorization === `Bearer ${apiKey}`) return pass(stream, headers, (sent) => backend.request(sent));
    const refusal = { 'grpc-status': UNAUTHENTICATED, 'grpc-message': 'the key is none of ours' };
    stream.respond({ ':status': 200, 'content-type': 'application/grpc', ...refusal }, { endStream: true });
  });
  const sessions = sessionsOf(gate);
  const { host } = new URL(await listen(gate, '127.0.0.1', 0));
  return {
    address: host,
    ca: ca.cert,
    client: await certificate(folder, 'client', ca, 'client'),
    stranger: await certificate(folder, 'stranger', others, 'stranger'),
    keys,
    stop: async () => {
      backend.destroy();
      for (const session of sessions) session.destroy();
      await new Promise((resolve) => gate.close(resolve));
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** `server.close` waits for connections that clients keep. */
function sessionsOf(gate: Http2SecureServer) {
  const sessions = new Set<{ destroy(): void }>();
  gate.on('session', (session) => {
    sessions.add(session);
    session.on('close', () => sessions.delete(session));
    session.on('error', () => undefined);
  });
  return sessions;
}

/** One call to the server behind, and its answer with its trailers, which have gRPC's status. */
function pass(
  stream: ServerHttp2Stream,
  headers: IncomingHttpHeaders,
  request: (headers: IncomingHttpHeaders) => ReturnType<ReturnType<typeof connect>['request']>,
): void {
  const { authorization: _, ...kept } = headers;
  const behind = request({ ...kept, ':scheme': 'http' });
  let trailers: IncomingHttpHeaders = {};
  behind.on('trailers', (sent) => {
    trailers = sent;
  });
  behind.on('response', (answer) => {
    if (stream.destroyed) return;
    // An answer of trailers alone is a head that ends the stream.
    if ('grpc-status' in answer) return stream.respond(answer, { endStream: true });
    stream.on('wantTrailers', () => stream.sendTrailers(trailers));
    stream.respond(answer, { waitForTrailers: true });
    behind.pipe(stream);
  });
  behind.on('error', () => stream.close());
  stream.on('error', () => behind.close());
  stream.on('close', () => behind.close());
  stream.pipe(behind);
}

const openssl = (folder: string, ...args: string[]) => promisify(execFile)('openssl', args, { cwd: folder });

async function authority(folder: string, name: string): Promise<Certificate> {
  const made = ['-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2', '-subj', `/CN=${name}`];
  await openssl(folder, 'req', ...made, '-keyout', `${name}.key`, '-out', `${name}.crt`);
  return { cert: join(folder, `${name}.crt`), key: join(folder, `${name}.key`) };
}

async function certificate(folder: string, name: string, by: Certificate, host: string): Promise<Certificate> {
  const request = ['-newkey', 'rsa:2048', '-nodes', '-subj', `/CN=${name}`];
  await openssl(folder, 'req', ...request, '-keyout', `${name}.key`, '-out', `${name}.csr`);
  await writeFile(join(folder, `${name}.ext`), `subjectAltName=DNS:${host}`);
  const signed = ['-CA', by.cert, '-CAkey', by.key, '-CAcreateserial', '-days', '2', '-extfile', `${name}.ext`];
  await openssl(folder, 'x509', '-req', '-in', `${name}.csr`, ...signed, '-out', `${name}.crt`);
  return { cert: join(folder, `${name}.crt`), key: join(folder, `${name}.key`) };
}
