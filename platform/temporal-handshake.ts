import { once } from 'node:events';
import { connect, type TLSSocket } from 'node:tls';
import { type TemporalFailure, tlsFailure } from './temporal-failure.ts';
import type { TemporalSettings } from './temporal-settings.ts';

/** A server that is there answers a handshake at once. */
const WITHIN_MS = 3_000;

/**
 * The same failure, or what a handshake by hand tells of it: Temporal's clients may keep to themselves why they have no
 * connection.
 */
export async function withHandshake(failure: TemporalFailure, settings: TemporalSettings): Promise<TemporalFailure> {
  return failure.kind === 'away' ? ((await handshakeFailure(settings)) ?? failure) : failure;
}

async function handshakeFailure({ address, connection }: TemporalSettings): Promise<TemporalFailure | null> {
  const { tls } = connection;
  if (typeof tls !== 'object' || tls === null) return null;
  const { hostname: host, port } = new URL(`tcp://${address}`);
  const pair = tls.clientCertPair;
  const socket = connect({
    ...{ host, port: Number(port), servername: tls.serverNameOverride ?? host, ALPNProtocols: ['h2'] },
    timeout: WITHIN_MS,
    ...(tls.serverRootCACertificate ? { ca: Buffer.from(tls.serverRootCACertificate) } : {}),
    ...(pair ? { cert: Buffer.from(pair.crt), key: Buffer.from(pair.key) } : {}),
  });
  const reason = await refusalOf(socket);
  socket.destroy();
  return reason === null ? null : tlsFailure(address, reason);
}

/** A server refuses a client's certificate after the handshake, with words or without; its first bytes say that it took it. */
async function refusalOf(socket: TLSSocket): Promise<string | null> {
  const first = (['data', 'timeout', 'close'] as const).map((event) => once(socket, event).then(() => event));
  try {
    return (await Promise.race(first)) === 'close' ? 'the server ended the handshake' : null;
  } catch (error) {
    const isUnreached = error instanceof Error && 'syscall' in error && error.syscall !== 'read';
    return isUnreached ? null : (error instanceof Error ? error.message : String(error)).trim();
  }
}
