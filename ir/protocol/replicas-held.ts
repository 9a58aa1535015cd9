import type { Resources } from '../step-contract.ts';

/** What a worker has in all: bytes, cores, whole devices. */
interface Capacity {
  readonly memory: number;
  readonly cpu: number;
  readonly gpu: number;
}

/** Tasks of one queue under way at once on a worker. More than cores, for many wait on something; its gate holds back the rest. */
export function taskSlots({ cpu }: Pick<Capacity, 'cpu'>): number {
  return Math.max(4, Math.ceil(cpu * 4));
}

/** Of resources, what is asked for of each kind: a task of the gpu queue that names no devices gets one, where there are any. */
export function demandOf({ queue, memory, cpu, gpu }: Resources, capacity: Capacity): Capacity {
  const usual = queue === 'gpu' && capacity.gpu > 0 ? 1 : 0;
  return { memory: memory ?? 0, cpu: cpu ?? 0, gpu: gpu ?? usual };
}

/** Sums of fractions of a core come out a little off: 0.3 / 0.1 is three tasks. */
const ROUNDING = 1e-9;

/** How many replicas with these resources a worker can hold together when it does nothing else. */
export function replicasHeld(resources: Resources, capacity: Capacity): number {
  const demand = demandOf(resources, capacity);
  const held = (['memory', 'cpu', 'gpu'] as const).map((what) =>
    demand[what] === 0 ? Number.POSITIVE_INFINITY : Math.floor(capacity[what] / demand[what] + ROUNDING),
  );
  return Math.min(taskSlots(capacity), ...held);
}
