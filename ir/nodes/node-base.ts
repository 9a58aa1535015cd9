/** What every node of a graph has. */
export interface NodeBase {
  readonly kind: string;
  /** Unique in its scope: `[A-Za-z][A-Za-z0-9_-]*`. */
  readonly name: string;
  /** Addresses of nodes that must have succeeded before this one starts, beside those its bindings name. */
  readonly after: readonly string[];
}

/** The pair of functions that a kind of node has: make one, frozen, and tell one. */
export function node<N extends NodeBase>(kind: N['kind']) {
  return Object.freeze({
    create: (fields: Omit<N, 'kind'>): N => Object.freeze({ kind, ...fields }) as N,
    is: (candidate: NodeBase): candidate is N => candidate.kind === kind,
  });
}
