import type { PlacedProcess } from '../../platform/process-identity.ts';
import type { SecretHoldings } from '../secrets/secret-provider.ts';

/** A worker process as it last described itself. */
export interface Worker {
  readonly id: string;
  readonly queues: readonly string[];
  readonly host: string;
  readonly pid: number;
  /** Bytes, cores and devices that its admission gate hands out. */
  readonly capacity: { readonly memory: number; readonly cpu: number; readonly gpu: number };
  /** Package name to exact version: what step code may keep outside its bundle here. */
  readonly externals: Readonly<Record<string, string>>;
  readonly details: WorkerDetails;
  readonly startedAt: number;
  readonly leaseUntil: number;
}

export interface WorkerDetails {
  /** Left out where it has not said. */
  readonly secrets?: SecretHoldings;
  /** By which others on its machine can tell that it has died. Left out where it has not said. */
  readonly process?: PlacedProcess;
}

export interface WorkerTable {
  heartbeat(worker: Worker): Promise<void>;
  remove(id: string): Promise<void>;
  /** Those whose lease has not run out. */
  live(now: number): Promise<readonly Worker[]>;
  /** Those, too, that have not said for long that they live. */
  all(): Promise<readonly Worker[]>;
  /** Removes those whose lease ran out before. */
  forget(before: number): Promise<void>;
}
