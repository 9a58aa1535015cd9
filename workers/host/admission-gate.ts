import { amountText } from '../../ir/amount-text.ts';
import { demandOf } from '../../ir/protocol/replicas-held.ts';
import { NO_CAPACITY } from '../../ir/protocol/task-failure.ts';
import type { Resources } from '../../ir/step-contract.ts';
import { KnownFailure } from './error-report.ts';

export interface Capacity {
  /** Bytes. */
  readonly memory: number;
  readonly cpu: number;
  /** Whole devices. */
  readonly gpu: number;
}

/** A share of the worker that a task holds while its handler runs. */
export interface Place {
  /** Numbers of the devices that it has to itself. */
  readonly devices: readonly number[];
  readonly leave: () => void;
}

export interface AdmissionGate {
  /**
   * Waits for room, first come first served, so that a big task is not passed by small ones for ever. What asks for
   * nothing does not wait.
   *
   * @throws KnownFailure at once when the demand is above the whole capacity; the signal's reason when it fires.
   */
  readonly enter: (resources: Resources, signal: AbortSignal) => Promise<Place>;
}

interface Waiting {
  readonly demand: Capacity;
  readonly admit: (place: Place) => void;
}

export function createAdmissionGate(capacity: Capacity): AdmissionGate {
  const free = { memory: capacity.memory, cpu: capacity.cpu };
  const devices = Array.from({ length: capacity.gpu }, (_, index) => index);
  const queue: Waiting[] = [];

  function admitNext(): void {
    for (let next = queue[0]; next && fits(next.demand, { ...free, gpu: devices.length }); next = queue[0]) {
      queue.shift();
      next.admit(take(next.demand));
    }
  }

  function take(demand: Capacity): Place {
    free.memory -= demand.memory;
    free.cpu -= demand.cpu;
    const held = devices.splice(0, demand.gpu);
    let left = false;
    const leave = () => {
      if (left) return;
      left = true;
      free.memory += demand.memory;
      free.cpu += demand.cpu;
      devices.push(...held);
      admitNext();
    };
    return { devices: held, leave };
  }

  return {
    async enter(resources, signal) {
      const demand = demandOf(resources, capacity);
      refuseImpossible(demand, capacity);
      signal.throwIfAborted();
      if (demand.memory === 0 && demand.cpu === 0 && demand.gpu === 0) return take(demand);
      return new Promise((resolve, reject) => {
        const entry: Waiting = {
          demand,
          admit: (place) => {
            signal.removeEventListener('abort', giveUp);
            resolve(place);
          },
        };
        const giveUp = () => {
          queue.splice(queue.indexOf(entry), 1);
          reject(signal.reason);
          admitNext();
        };
        signal.addEventListener('abort', giveUp, { once: true });
        queue.push(entry);
        admitNext();
      });
    },
  };
}

/** Sums of fractions of a core come out a little off: 0.1 + 0.2 must fit where 0.3 is free. */
const ROUNDING = 1e-9;

function fits(demand: Capacity, room: Capacity): boolean {
  return demand.memory <= room.memory && demand.cpu <= room.cpu + ROUNDING && demand.gpu <= room.gpu;
}

function refuseImpossible(demand: Capacity, capacity: Capacity): void {
  for (const what of ['memory', 'cpu', 'gpu'] as const) {
    if (demand[what] <= capacity[what]) continue;
    throw new KnownFailure(
      'environment',
      NO_CAPACITY,
      `The task asks for ${amountText(what, demand[what])}; this worker has ${amountText(what, capacity[what])} in all. Lower resources.${what}, or run the task on a queue with bigger workers.`,
    );
  }
}
