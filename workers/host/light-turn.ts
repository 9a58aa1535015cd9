import type { Place } from './admission-gate.ts';
import type { HostParts } from './host-parts.ts';
import type { AttemptRequest } from './task-host.ts';

export function isLight({ dispatch }: AttemptRequest): boolean {
  return dispatch.contract.cost === 'light';
}

/** A light task gave up its place in line. Nothing of it has begun, and the store knows nothing of the attempt. */
export class NoTurn extends Error {
  override readonly name = 'NoTurn';
}

const TURN = { queue: '', memory: null, cpu: 1, gpu: null };

/** @throws NoTurn; the signal's reason when it fires. */
export async function enterInTurn({ lightGate }: HostParts, request: AttemptRequest): Promise<Place> {
  const { signal, turnWithinMs, dispatch } = request;
  if (turnWithinMs === undefined) return lightGate.enter(TURN, signal);
  const late = new AbortController();
  const message = `No turn came for light task '${dispatch.task.path}' within ${turnWithinMs} ms.`;
  const timer = setTimeout(() => late.abort(new NoTurn(message)), turnWithinMs);
  try {
    return await lightGate.enter(TURN, AbortSignal.any([signal, late.signal]));
  } finally {
    clearTimeout(timer);
  }
}
