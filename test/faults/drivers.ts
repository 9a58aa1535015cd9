import { join } from 'node:path';
import type { Fault as RequestFault } from '../../store/testing/faulty-proxy.ts';
import { startFaultyProxy } from '../../store/testing/faulty-proxy.ts';
import {
  findPostgres,
  type PostgresServer,
  startPostgres,
  WITHOUT_POSTGRES,
} from '../../store/testing/postgres-server.ts';
import { findVersitygw, S3_CREDENTIALS, startVersitygw } from '../../store/testing/versitygw.ts';

export type Drivers = 'sqlite' | 'postgres+s3';

/** Where a system keeps what it makes, and the servers for it, which can be harmed. */
export interface Storage {
  /** What every process of the system is told. */
  readonly env: Readonly<Record<string, string>>;
  /** Null where metadata is in SQLite. */
  readonly postgres: PostgresServer | null;
  /** Null where artifacts are in a folder; says what goes wrong with the next requests. */
  readonly harmRequests: ((fault: () => RequestFault | null) => void) | null;
  /** The folder below which artifacts lie by digest, in `files`, `blobs` and `payloads`. */
  contentIn(home: string): string;
  stop(): Promise<void>;
}

/** Why a pair of drivers cannot be tried here; null where it can. */
export async function missingFor(drivers: Drivers): Promise<string | null> {
  if (drivers === 'sqlite') return null;
  if (findPostgres() === null) return WITHOUT_POSTGRES;
  const s3 = await findVersitygw();
  return s3.binary === null ? s3.reason : null;
}

export async function startStorage(drivers: Drivers): Promise<Storage> {
  if (drivers === 'postgres+s3') return startServers();
  const contentIn = (home: string) => join(home, 'artifacts/default');
  return { env: {}, postgres: null, harmRequests: null, contentIn, stop: async () => undefined };
}

async function startServers(): Promise<Storage> {
  const { binary } = await findVersitygw();
  if (binary === null) throw new Error('There is no S3 server here: ask `missingFor` first.');
  const [postgres, s3] = await Promise.all([startPostgres(), startVersitygw(binary)]);
  const proxy = await startFaultyProxy(s3.endpoint);
  await s3.makeBucket('faults');
  return {
    env: {
      ...S3_CREDENTIALS,
      MILLRACE_METADATA: await postgres.createSchema(),
      MILLRACE_ARTIFACTS: `s3://faults/ml?endpoint=${proxy.endpoint}&pathStyle=true`,
    },
    postgres,
    harmRequests: (fault) => {
      proxy.fault = fault;
    },
    contentIn: () => s3.pathOf('faults', 'ml/default'),
    stop: async () => {
      await proxy.stop();
      await Promise.all([s3.stop(), postgres.stop()]);
    },
  };
}
