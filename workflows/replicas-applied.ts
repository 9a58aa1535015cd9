import type { ReplicaState, RolloutPort } from './rollout-port.ts';

/** How the replicas took a generation. `noReplica`: none was live to take it. */
export type Applied =
  | { readonly kind: 'applied' }
  | { readonly kind: 'noReplica' }
  | { readonly kind: 'failed'; readonly reason: string };

/** The lease that each replica had last, and since when: for as long as a rollout goes on. */
export type Heard = Map<string, { readonly leaseUntil: number; readonly since: number }>;

/** Long enough for the largest model that a replica should load while people wait. */
const APPLY_LIMIT_MS = 5 * 60_000;
/** Longer than a supervisor waits before it starts a crashed replica again. */
const REPLICAS_GONE_LIMIT_MS = 60_000;
/** Three leases of a serving process. */
const SILENT_LIMIT_MS = 15_000;
/** How long an endpoint with no server may hold up a run that trains. A live server's row is never away for so long. */
const NO_REPLICA_LIMIT_MS = 3_000;
const FIRST_PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 2_000;

/**
 * Waits until every live replica has applied a generation, one has failed to, or the time is up. Replicas that were
 * there and are gone, for as long as it takes to start one again, have failed: the version may have killed them.
 */
export async function replicasApplied(
  port: RolloutPort,
  endpoint: string,
  generation: number,
  hadReplicas: boolean,
  heard: Heard,
): Promise<Applied> {
  const start = await port.now();
  let lastSeen = start;
  for (let pause = FIRST_PAUSE_MS; ; pause = Math.min(pause * 1.5, LONGEST_PAUSE_MS)) {
    const told = await port.replicasApplied(endpoint);
    const now = await port.now();
    const replicas = stillHeard(told, heard, now);
    const failed = replicas.find((replica) => replica.generation === generation && replica.error !== null);
    if (failed) return { kind: 'failed', reason: `replica ${failed.replica}: ${failed.error}` };
    const lagging = replicas.filter((replica) => replica.generation < generation);
    if (replicas.length > 0 && lagging.length === 0) return { kind: 'applied' };

    if (replicas.length > 0) lastSeen = now;
    else if (!hadReplicas && lastSeen === start && now - start >= NO_REPLICA_LIMIT_MS) return { kind: 'noReplica' };
    else if (now - lastSeen >= REPLICAS_GONE_LIMIT_MS) return { kind: 'failed', reason: 'every replica is gone since' };
    if (now - start >= APPLY_LIMIT_MS) return { kind: 'failed', reason: tooSlow(lagging, generation) };
    await port.sleep(pause);
  }
}

/** A clock that went back leaves the dead a lease for hours: who does not renew his is gone. */
function stillHeard(replicas: readonly ReplicaState[], heard: Heard, now: number): readonly ReplicaState[] {
  return replicas.filter(({ replica, leaseUntil }) => {
    const before = heard.get(replica);
    if (before && before.leaseUntil === leaseUntil) return now - before.since < SILENT_LIMIT_MS;
    heard.set(replica, { leaseUntil, since: now });
    return true;
  });
}

function tooSlow(lagging: readonly ReplicaState[], generation: number): string {
  const names = lagging.map((replica) => replica.replica).join(', ') || 'none is live for long';
  return `not applied within ${APPLY_LIMIT_MS / 60_000} minutes by every replica (generation ${generation}, missing: ${names})`;
}
