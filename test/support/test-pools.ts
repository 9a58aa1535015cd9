import type { SlotAnswer, SlotDemand, SlotWaiter } from '../../ir/protocol/slots.ts';
import type { TaskAddress } from '../../ir/protocol/task-dispatch.ts';

/** The pools of one run in memory, first come first served, as the interpreter's suite asks of them. */
export class TestPools {
  readonly #sizes: Readonly<Record<string, number>>;
  readonly #places = new Map<string, { demands: readonly SlotDemand[]; waiter: SlotWaiter; isGranted: boolean }>();

  constructor(sizes: Readonly<Record<string, number>> = {}) {
    this.#sizes = sizes;
  }

  take({ runId, path }: TaskAddress, demands: readonly SlotDemand[], workflowId: string | null): SlotAnswer {
    const unknown = demands.find(({ pool }) => this.#sizes[pool] === undefined);
    if (unknown) return { kind: 'noPool', pool: unknown.pool };
    const place = this.#places.get(path) ?? { demands, waiter: { runId, path, workflowId }, isGranted: false };
    this.#places.set(path, place);
    const isFirst = [...this.#places.values()].find(({ isGranted }) => !isGranted) === place;
    place.isGranted ||= isFirst && demands.every(({ pool, slots }) => this.#taken(pool) + slots <= this.#size(pool));
    return { kind: place.isGranted ? 'granted' : 'waits' };
  }

  giveBack({ path }: TaskAddress): readonly SlotWaiter[] {
    this.#places.delete(path);
    return [...this.#places.values()].filter(({ isGranted }) => !isGranted).map(({ waiter }) => waiter);
  }

  #size(pool: string): number {
    return this.#sizes[pool] ?? 0;
  }

  #taken(pool: string): number {
    return [...this.#places.values()]
      .filter(({ isGranted }) => isGranted)
      .flatMap(({ demands }) => demands)
      .reduce((sum, demand) => sum + (demand.pool === pool ? demand.slots : 0), 0);
  }
}
