import type { Block } from '../ir/nodes/block.ts';
import { type PipelineNode, visitNode } from '../ir/nodes/pipeline-node.ts';
import { branchName, type WhenNode } from '../ir/nodes/when-node.ts';
import type { PipelineIR } from '../ir/pipeline-ir.ts';
import { namesBefore, needsOf } from './dependencies.ts';

/** Of what a rerun names, the path that a task is, is in, or depends on; null for a task that may be taken over. */
export type RerunCause = (path: string) => string | null;

/**
 * Tells which tasks a rerun does anew: what it names, and everything that depends on that, by what it reads, by `after`,
 * by the condition, the list or the parameters of a scope around it, and from one round of a loop to the next. A scope
 * that holds such a task is one to its readers. It goes by the graph alone, so it says the same wherever it is asked.
 *
 * @param from Paths; an index that is left out stands for every item: `trials/train`.
 * @example rerunCauses(ir, ['trials[2]/train'])('selectBest') // 'trials[2]/train'
 */
export function rerunCauses(ir: PipelineIR, from: readonly string[]): RerunCause {
  if (from.length === 0) return () => null;
  const rerun: Rerun = { ir, named: from.map((path) => ({ path, steps: stepsOf(path) })), known: new Map() };
  return (path) => causeAt(stepsOf(path), rerun);
}

/** A name in a path, with the item of a fan-out or the round of a loop. */
interface Step {
  readonly name: string;
  readonly index: number | null;
}

/** The index of the items that no name tells apart: whatever holds of one holds of all. */
const ANY = -1;

interface Rerun {
  readonly ir: PipelineIR;
  readonly named: readonly { readonly path: string; readonly steps: readonly Step[] }[];
  readonly known: Map<string, string | null>;
}

/** A scope, as tasks in it see it. */
interface Place {
  readonly block: Block;
  /** Null at the root of a pipeline, one called as a step too: nothing beyond is read from there. */
  readonly parent: Place | null;
  /** Static, within its pipeline. */
  readonly address: string;
  readonly steps: readonly Step[];
  /** Why all that is in it is done anew. */
  readonly cause: string | null;
}

function causeAt(path: readonly Step[], rerun: Rerun): string | null {
  let place = path[0]?.name === 'onExit' ? onExitPlace(rerun) : bodyPlace(rerun);
  for (;;) {
    const step = path[place.steps.length];
    const node = place.block.nodes.find(({ name }) => name === step?.name);
    if (!step || !node) return place.cause;
    const inner = path.length > place.steps.length + 1 ? enter(node, place, path, rerun) : null;
    if (!inner) return ownCause(node, place, rerun);
    place = inner;
  }
}

function bodyPlace({ ir }: Rerun): Place {
  return { block: ir.body, parent: null, address: '', steps: [], cause: null };
}

/** The exit handler tells of all that was before it. */
function onExitPlace(rerun: Rerun): Place {
  const steps = [{ name: 'onExit', index: null }];
  const block = rerun.ir.onExit ?? { nodes: [], output: null };
  return { block, parent: null, address: 'onExit', steps, cause: causeIn(bodyPlace(rerun), rerun) };
}

/** Why a node itself is done anew, whatever is in it. */
function ownCause(node: PipelineNode, place: Place, rerun: Rerun): string | null {
  const steps = [...place.steps, { name: node.name, index: null }];
  return remembered(`own ${pathOf(steps)}`, rerun, () => {
    const before = node.kind === 'finally' ? namesBefore(node, place.block).map((name) => ({ name, place })) : [];
    const read = needsOf(node).flatMap((address) => findFrom(address, place) ?? []);
    return place.cause ?? namedBy(steps, rerun) ?? first([...before, ...read], (needed) => endCause(needed, rerun));
  });
}

/** The same of its end: that of a scope depends on all that is in it. */
function endCause({ name, place }: Found, rerun: Rerun): string | null {
  const node = place.block.nodes.find((each) => each.name === name);
  if (!node) return null;
  return remembered(`end ${pathOf([...place.steps, { name, index: null }])}`, rerun, () => {
    const inner = () => first(placesIn(node, place, rerun), (each) => causeIn(each, rerun));
    return ownCause(node, place, rerun) ?? inner();
  });
}

function causeIn(place: Place, rerun: Rerun): string | null {
  return place.cause ?? first(place.block.nodes, ({ name }) => endCause({ name, place }, rerun));
}

interface Found {
  readonly name: string;
  readonly place: Place;
}

function findFrom(address: string, from: Place): Found | null {
  const cut = address.lastIndexOf('/');
  const [home, name] = [cut < 0 ? '' : address.slice(0, cut), address.slice(cut + 1)];
  for (let place: Place | null = from; place; place = place.parent) {
    if (place.address === home) return { name, place };
  }
  return null;
}

/** The scopes that a node opens; of its items and rounds those that the names tell apart, and one that stands for the rest. */
function placesIn(node: PipelineNode, place: Place, rerun: Rerun): readonly Place[] {
  const indices = indicesNamed([...place.steps, { name: node.name, index: null }], rerun);
  const at = (index: number | null, branch?: string) => {
    const path = [...place.steps, { name: node.name, index }, { name: branch ?? '', index: null }];
    return enter(node, place, path, rerun) ?? [];
  };
  if (node.kind === 'when') return branchesOf(node).flatMap(([name]) => at(null, name));
  if (node.kind === 'fanOut') return [ANY, ...indices].flatMap((index) => at(index));
  if (node.kind === 'loop') return [0, ...indices].flatMap((index) => at(index));
  return [at(null)].flat();
}

/** The scope of a node that a path goes on in; null where it opens none. */
function enter(node: PipelineNode, place: Place, path: readonly Step[], rerun: Rerun): Place | null {
  const address = place.address === '' ? node.name : `${place.address}/${node.name}`;
  const [step, next] = [path[place.steps.length], path[place.steps.length + 1]];
  const open = (block: Block | undefined, at: string, steps: readonly Step[], parent: Place | null = place) => {
    if (!block) return null;
    const cause = ownCause(node, place, rerun) ?? namedBy(steps, rerun);
    return { block, parent, address: at, steps, cause };
  };
  const plain = [...place.steps, { name: node.name, index: null }];
  const indexed = (index: number) => [...place.steps, { name: node.name, index }];
  return visitNode<Place | null>(node, {
    when: (when) => {
      const branch = branchesOf(when).find(([name]) => name === next?.name);
      return branch ? open(branch[1], `${address}/${branch[0]}`, [...plain, { name: branch[0], index: null }]) : null;
    },
    fanOut: ({ body }) => open(body, address, indexed(apart(step?.index ?? ANY, plain, rerun))),
    loop: ({ body }) => {
      const round = open(body, address, indexed(step?.index ?? 0));
      return round && { ...round, cause: round.cause ?? earlierRounds(node, place, step?.index ?? 0, rerun) };
    },
    finally: ({ body }) => open(body, address, plain),
    call: ({ pipeline }) => open(rerun.ir.pipelines[pipeline]?.body, '', plain, null),
    task: () => null,
    approval: () => null,
    sleep: () => null,
    promote: () => null,
    notify: () => null,
  });
}

/**
 * A round of a loop carries on what the one before it gave. Asked from the first unknown round on, each finds the answer of
 * the one before it known: a loop of thousands is gone through and not down into.
 */
function earlierRounds(node: PipelineNode, place: Place, index: number, rerun: Rerun): string | null {
  const stepsAt = (round: number) => [...place.steps, { name: node.name, index: round }];
  const keyOf = (round: number) => `rounds ${pathOf(stepsAt(round))}`;
  const causeOf = (round: number) =>
    remembered(keyOf(round), rerun, () => {
      const earlier = enter(node, place, stepsAt(round), rerun);
      return earlier && causeIn(earlier, rerun);
    });
  let round = index - 1;
  while (round > 0 && !rerun.known.has(keyOf(round))) round--;
  while (round < index - 1) causeOf(round++);
  return index > 0 ? causeOf(index - 1) : null;
}

function branchesOf({ branches, otherwise }: WhenNode): readonly (readonly [string, Block])[] {
  const named = branches.map(({ body }, index) => [branchName(index), body] as const);
  return otherwise ? [...named, ['otherwise', otherwise] as const] : named;
}

function namedBy(steps: readonly Step[], { named }: Rerun): string | null {
  return named.find((each) => each.steps.length === steps.length && isAlong(each.steps, steps))?.path ?? null;
}

/** The items of a fan-out, or rounds of a loop, that are told apart. */
function indicesNamed(steps: readonly Step[], { named }: Rerun): readonly number[] {
  const along = named.filter((each) => isAlong(each.steps.slice(0, steps.length - 1), steps));
  const found = along.flatMap((each) => {
    const step = each.steps[steps.length - 1];
    return step && step.name === steps.at(-1)?.name && step.index !== null ? [step.index] : [];
  });
  return [...new Set(found)];
}

function apart(index: number, steps: readonly Step[], rerun: Rerun): number {
  return indicesNamed(steps, rerun).includes(index) ? index : ANY;
}

/** Whether each name is that of the place; one without an index is that of every item. */
function isAlong(named: readonly Step[], steps: readonly Step[]): boolean {
  return named.every(({ name, index }, at) => {
    return name === steps[at]?.name && (index === null || index === steps[at]?.index);
  });
}

function stepsOf(path: string): readonly Step[] {
  return path.split('/').map((part) => {
    const [, name = part, item, round] = /^(.*?)(?:\[(\d+)\]|#(\d+))?$/.exec(part) ?? [];
    const index = item ?? round;
    return { name, index: index === undefined ? null : Number(index) };
  });
}

function pathOf(steps: readonly Step[]): string {
  return steps.map(({ name, index }) => (index === null ? name : `${name}[${index}]`)).join('/');
}

function first<T>(items: readonly T[], causeOf: (item: T) => string | null): string | null {
  for (const item of items) {
    const cause = causeOf(item);
    if (cause !== null) return cause;
  }
  return null;
}

function remembered(key: string, { known }: Rerun, find: () => string | null): string | null {
  const before = known.get(key);
  if (before !== undefined) return before;
  const found = find();
  known.set(key, found);
  return found;
}
