/** One version's share of an endpoint's requests, in percent. Shares of an endpoint add up to 100. */
export interface TrafficShare {
  readonly model: string;
  readonly version: number;
  readonly percent: number;
}

/** What an endpoint should be like. `generation` grows with every change; replicas follow the newest. */
export interface Endpoint {
  readonly name: string;
  readonly generation: number;
  readonly traffic: readonly TrafficShare[];
  readonly updatedAt: number;
  readonly updatedBy: string;
}

/** What a serving process last said of itself. It counts as live until its lease runs out. */
export interface Replica {
  readonly id: string;
  readonly url: string;
  readonly leaseUntil: number;
  /** By endpoint: the generation it has applied, or why it could not. */
  readonly applied: Readonly<Record<string, { readonly generation: number; readonly error: string | null }>>;
}

export interface EndpointTable {
  get(name: string): Promise<Endpoint | null>;
  list(): Promise<readonly Endpoint[]>;
  /**
   * Compare and set: `expectedGeneration` is the one that was read, 0 for an endpoint that does not exist yet.
   *
   * @throws MetadataError `conflict` when another change came first.
   */
  set(endpoint: Omit<Endpoint, 'generation' | 'updatedAt'>, expectedGeneration: number): Promise<Endpoint>;
  /** Writes a replica's row with its new lease. */
  heartbeat(replica: Replica): Promise<void>;
  removeReplica(id: string): Promise<void>;
  /** Replicas whose lease runs past `now`. */
  liveReplicas(now: number): Promise<readonly Replica[]>;
}
