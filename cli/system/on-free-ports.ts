import { isFree } from './ports.ts';

/** How often ports are chosen before the failure counts. */
const CHOICES = 3;

export interface Chosen {
  readonly ports: readonly number[];
}

/**
 * Starts something that listens. Ports are chosen before it does: where it fails and another process has one of them by
 * then, it starts again on others.
 */
export async function onFreePorts<C extends Chosen, T>(options: {
  readonly choose: () => Promise<C>;
  /** Leaves nothing behind that listens when it fails. */
  readonly start: (chosen: C) => Promise<T>;
  readonly say: (line: string) => void;
}): Promise<T> {
  for (let choice = 1; ; choice += 1) {
    const chosen = await options.choose();
    try {
      return await options.start(chosen);
    } catch (error) {
      const taken = await firstTaken(chosen.ports);
      if (taken === undefined || choice === CHOICES) throw error;
      options.say(`Another process took port ${taken} meanwhile: starting again on other ports.`);
    }
  }
}

async function firstTaken(ports: readonly number[]): Promise<number | undefined> {
  const free = await Promise.all(ports.map(isFree));
  return ports.find((_, index) => free[index] === false);
}
