import type { RunDetail, Task, TaskCount } from '../../server/client.ts';

/** What does work itself, in place of holding others. */
export const WORK: ReadonlySet<Task['kind']> = new Set(['task', 'promote', 'approval', 'notify']);

/** What runs more often than this in one scope is shown as a count, each failure apart. */
const WIDE = 100;

/** How far the tasks are that stand at one address in a wide scope. */
export interface Tally {
  readonly address: string;
  readonly ended: number;
  readonly failed: number;
  /** How many there are to be; null where that is not known before the end. */
  readonly of: number | null;
}

/** A fan-out or loop whose tasks are too many to be shown one by one. */
export interface WideScope {
  readonly path: string;
  readonly tallies: readonly Tally[];
}

/** By path, the outermost of them: what is in a wide scope is counted with it. */
export function wideScopes({ tasks, counts }: RunDetail): ReadonlyMap<string, WideScope> {
  const outer = tasks.filter(({ kind, path }) => (kind === 'fanOut' || kind === 'loop') && !/[[#]/.test(path));
  return new Map(
    outer.flatMap((scope) => {
      const inside = counts.filter(({ address }) => address?.startsWith(`${scope.path}/`));
      const total = inside.reduce((sum, count) => sum + count.tasks, 0);
      if (total <= WIDE && (itemsOf(scope) ?? 0) <= WIDE) return [];
      return [[scope.path, { path: scope.path, tallies: tallies(scope, inside) }] as const];
    }),
  );
}

/** The wide scope that a task stands in; null for one that is shown by itself. */
export function wideScopeOf(path: string, wide: ReadonlyMap<string, WideScope>): WideScope | null {
  const index = path.search(/[[#]/);
  return index < 0 ? null : (wide.get(path.slice(0, index)) ?? null);
}

/** `trials/train  99,213 of 100,000, 3 failed`. */
export function tallyText({ address, ended, failed, of }: Tally): string {
  const far =
    of === null ? `${ended.toLocaleString('en')} ended` : `${ended.toLocaleString('en')} of ${of.toLocaleString('en')}`;
  return `${address}  ${far}${failed === 0 ? '' : `, ${failed.toLocaleString('en')} failed`}`;
}

function tallies(scope: Task, inside: readonly TaskCount[]): readonly Tally[] {
  const work = inside.filter(({ kind }) => WORK.has(kind));
  const inner = inside.filter(({ kind }) => kind === 'fanOut' || kind === 'loop').map(({ address }) => `${address}/`);
  const addresses = [...new Set(work.map(({ address }) => address ?? ''))];
  return addresses.map((address) => {
    const here = work.filter((count) => count.address === address);
    const sum = (counts: readonly TaskCount[]) => counts.reduce((total, { tasks }) => total + tasks, 0);
    const isNested = inner.some((prefix) => address.startsWith(prefix));
    return {
      address,
      ended: sum(here.filter(({ status }) => status !== 'running' && status !== 'waiting')),
      failed: sum(here.filter(({ status }) => status === 'failed')),
      of: isNested ? null : itemsOf(scope),
    };
  });
}

function itemsOf({ kind, detail }: Task): number | null {
  return kind === 'fanOut' && typeof detail.items === 'number' ? detail.items : null;
}
