import type { TaskOrigin } from '../../ir/protocol/task-dispatch.ts';

/** The replicas of one attempt of a task, who begin together or not at all. */
export interface GangKey extends TaskOrigin {
  /** From 1. */
  readonly attempt: number;
}

/** A replica that has its place on a worker and waits for the others. */
export interface GangMember extends GangKey {
  /** From 0. */
  readonly rank: number;
  /** How many there are to be. */
  readonly size: number;
  /** Whose workers it waits for. */
  readonly queue: string;
  /** Tells apart those who come as this rank, where the attempt was delivered more than once. */
  readonly delivery: string;
  /** Whether the delivery speaks for the first time: only then does it take the place of an earlier one. */
  readonly joins: boolean;
  /** The name that the worker's machine has for itself. */
  readonly machine: string;
  /** By what name or address others reach it. */
  readonly host: string;
  /** Free on its machine; null until all are gathered, for a port that nobody listens on is soon another's. */
  readonly port: number | null;
  /** Until when it waits without being heard of. */
  readonly leaseUntil: number;
}

export type GangAddress = Pick<GangMember, 'rank' | 'machine' | 'host' | 'port'>;

export type GangState =
  /** `isBehind`: a gang that goes before it gathers, too. */
  | { readonly kind: 'gathering'; readonly isBehind: boolean }
  /** All have a place, and none can give way any more. */
  | { readonly kind: 'gathered'; readonly replicas: readonly GangAddress[] }
  | { readonly kind: 'gaveWay' }
  /** A later attempt has begun to gather, a later delivery has come as this rank, or the task has ended. */
  | { readonly kind: 'replaced' }
  /** The delivery came when the others could know an earlier one's address: they may have begun with that one. */
  | { readonly kind: 'tooLate' };

/**
 * Where replicas find each other. Two gangs of a queue that each hold half of the places would wait for ever: of those that gather,
 * that of the older run goes before, and one that is behind gives its places back.
 */
export interface GangTable {
  /**
   * Says that a member has its place and lives, and since when it has a port. Told again, it changes nothing else. Of two
   * deliveries the one that came last counts, its address whole, until a port of the rank has been told. Members that were not
   * heard of until their lease ran out count no more, unless all were gathered before.
   */
  gather(member: GangMember, now: number): Promise<GangState>;
  /** @returns false when all have gathered meanwhile: then they begin. */
  giveWay(gang: GangKey, now: number): Promise<boolean>;
  /** Whether the attempts of all so many replicas have been recorded as succeeded. */
  haveSucceeded(gang: GangKey, size: number): Promise<boolean>;
}
