import type { BindingSource } from '../ir/evaluate-binding.ts';
import type { JsonObject, JsonValue } from '../ir/json.ts';
import type { Block } from '../ir/nodes/block.ts';
import { TaskFailed } from '../ir/protocol/task-failure.ts';
import type { Execution } from './execution.ts';
import type { Settled } from './settled.ts';

/**
 * A place in a running graph: where its nodes' outcomes are kept, and where names are looked up from inside.
 * The scopes of a fan-out's items have one address and different paths.
 */
export interface Scope {
  readonly parent: Scope | null;
  /** Static, within the pipeline that it stands in; '' at its root. */
  readonly address: string;
  /** Of this place in this run; '' at the root. */
  readonly path: string;
  readonly params: JsonObject;
  readonly outcomes: ReadonlyMap<string, Outcome>;
  readonly item: { readonly item: JsonValue; readonly index: number } | null;
  readonly carried: { readonly value: JsonValue; readonly iteration: number } | null;
  /** Inside it, outer nodes that did not succeed give null in place of blocking. */
  readonly isFinally: boolean;
}

/** A node's end, waited for by whatever reads it. */
export interface Outcome {
  readonly promise: Promise<Settled>;
  readonly settle: (settled: Settled) => void;
  /** Set when it has settled. */
  settled: Settled | null;
}

export type ScopeFields = Partial<Pick<Scope, 'params' | 'item' | 'carried' | 'isFinally'>>;

/** The root of a pipeline's graph: the run's own, or one called as a step (whose tasks' paths begin at `path`). */
export function rootScope(block: Block, params: JsonObject, address: string, path: string): Scope {
  return makeScope(block, { parent: null, address, path, params });
}

export function innerScope(
  block: Block,
  parent: Scope,
  address: string,
  path: string,
  fields: ScopeFields = {},
): Scope {
  return makeScope(block, { parent, address, path, params: parent.params, ...fields });
}

function makeScope(block: Block, fields: Pick<Scope, 'parent' | 'address' | 'path' | 'params'> & ScopeFields): Scope {
  const outcomes = new Map(block.nodes.map((node) => [node.name, pendingOutcome()]));
  return { item: null, carried: null, isFinally: false, ...fields, outcomes };
}

function pendingOutcome(): Outcome {
  let resolve: (settled: Settled) => void = () => undefined;
  const promise = new Promise<Settled>((done) => {
    resolve = done;
  });
  const outcome: Outcome = {
    promise,
    settled: null,
    settle: (settled) => {
      outcome.settled = settled;
      resolve(settled);
    },
  };
  return outcome;
}

export function settledOutcome(settled: Settled): Outcome {
  const outcome = pendingOutcome();
  outcome.settle(settled);
  return outcome;
}

/** Where a node stands, dynamically: `trials[3]` and `train` give `trials[3]/train`. */
export function pathIn(scope: Scope, name: string): string {
  return scope.path === '' ? name : `${scope.path}/${name}`;
}

export function addressIn(scope: Scope, name: string): string {
  return scope.address === '' ? name : `${scope.address}/${name}`;
}

interface Found {
  readonly outcome: Outcome;
  /** Of the node in this run. */
  readonly path: string;
  /** Whether a `finally` lies between the reader and the node. */
  readonly lenient: boolean;
}

/** The node that an address names, seen from a scope: in it or in one around it. */
export function findNode(address: string, from: Scope): Found {
  const cut = address.lastIndexOf('/');
  const home = cut < 0 ? '' : address.slice(0, cut);
  const name = address.slice(cut + 1);
  let lenient = false;
  for (let scope: Scope | null = from; scope; scope = scope.parent) {
    const outcome = scope.address === home ? scope.outcomes.get(name) : undefined;
    if (outcome) return { outcome, path: pathIn(scope, name), lenient };
    lenient ||= scope.isFinally;
  }
  throw brokenIr(`'${address}' is not in scope at '${from.address}'`);
}

/** Looks names up for bindings evaluated in a scope, after everything they read has settled. */
export function bindingSource(scope: Scope, execution: Execution): BindingSource {
  return {
    param: () => scope.params,
    output: (address) => {
      const { settled } = findNode(address, scope).outcome;
      return settled?.status === 'succeeded' ? settled.value : undefined;
    },
    item: (fanOut, field) => enclosing(scope, fanOut, 'item').item?.[field],
    carried: (loop, field) => enclosing(scope, loop, 'carried').carried?.[field],
    run: (field) => execution.facts[field],
    registered: (model, selector) => execution.registered[`${model}@${selector}`],
  };
}

function enclosing(from: Scope, address: string, field: 'item' | 'carried'): Scope {
  for (let scope: Scope | null = from; scope; scope = scope.parent) {
    if (scope.address === address && scope[field]) return scope;
  }
  throw brokenIr(`'${address}' is not around '${from.address}'`);
}

function brokenIr(what: string): TaskFailed {
  return new TaskFailed({
    kind: 'contract',
    name: 'BrokenIr',
    message: `The compiled pipeline is inconsistent: ${what}. Compile the pipeline again with this release.`,
    stack: null,
    retryable: false,
  });
}
