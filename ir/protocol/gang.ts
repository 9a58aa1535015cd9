/** Where a replica can be reached by the others: what it listens on there is the handler's affair. */
export interface Peer {
  readonly host: string;
  /** Free on the replica's machine when it began. */
  readonly port: number;
}

/** The replicas of a task, as one of them sees them. */
export interface Gang {
  /** From 0. What rank 0 returns is the task's output; what others return is not looked at. */
  readonly rank: number;
  readonly size: number;
  /** All of them by rank, this one too. One that has not begun to listen yet refuses: connect again. */
  readonly peers: readonly Peer[];
}

/** Where attempts, logs and metrics of a replica are kept: rank 0's are the task's own, those of others `train@1`. */
export function replicaPath(path: string, rank = 0): string {
  return rank === 0 ? path : `${path}@${rank}`;
}
