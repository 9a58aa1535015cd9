import { isFree } from './ports.ts';

/** How often ports are chosen before the failure counts. */
const CHOICES = 3;

export interface Chosen {
  readonly ports: readonly number[];
}

/**
 * Starts something that listens. Ports are chosen before it does: where it fails because another process took one of them
 * in between, it starts again on others.
 */
export async function onFreePorts<C extends Chosen, T>(options: {
  /** `isAgain`: not those that are usual, which several that start at once would all take once more. */
  readonly choose: (isAgain: boolean) => Promise<C>;
  /** Leaves nothing behind that listens when it fails. */
  readonly start: (chosen: C) => Promise<T>;
  readonly say: (line: string) => void;
}): Promise<T> {
  for (let choice = 1; ; choice += 1) {
    const chosen = await options.choose(choice > 1);
    try {
      return await options.start(chosen);
    } catch (error) {
      const taken = chosen.ports.find((port) => saysTaken(error, port)) ?? (await firstTaken(chosen.ports));
      if (taken === undefined || choice === CHOICES) throw error;
      options.say(`Another process took port ${taken} meanwhile: starting again on other ports.`);
    }
  }
}

/** It may have been free again by the time that one looks: whoever took it failed for another port. */
function saysTaken(error: unknown, port: number): boolean {
  return error instanceof Error && new RegExp(`\\b${port}\\b.*(?:in use|taken)`).test(error.message);
}

async function firstTaken(ports: readonly number[]): Promise<number | undefined> {
  const free = await Promise.all(ports.map(isFree));
  return ports.find((_, index) => free[index] === false);
}
