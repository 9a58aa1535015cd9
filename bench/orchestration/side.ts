import { cpuTime } from './cpu-time.ts';

/** One way of doing the work of a bench. */
export interface Side {
  readonly name: string;
  /** Whatever is to be there before the clock starts; what it gives is timed, and gives the result. */
  readonly prepare: () => Promise<() => Promise<unknown>>;
}

export interface Figures {
  readonly name: string;
  /** Milliseconds of each round. */
  readonly rounds: readonly number[];
  readonly min: number;
  readonly median: number;
  /** Milliseconds of processor that all processes used together, the median; null where that cannot be told. */
  readonly cpu: number | null;
}

/** Rounds of all sides in turn, so that what else the machine does meets all of them alike. */
export async function interleaved(sides: readonly Side[], rounds: number, warmUps: number): Promise<Figures[]> {
  const times = sides.map((): number[] => []);
  const used = sides.map((): (number | null)[] => []);
  for (let round = -warmUps; round < rounds; round++) {
    for (const [index, side] of sides.entries()) {
      const work = await side.prepare();
      const before = cpuTime();
      const began = performance.now();
      await work();
      if (round < 0) continue;
      times[index]?.push(performance.now() - began);
      used[index]?.push(before === null ? null : (cpuTime() ?? 0) - before);
    }
  }
  return sides.map(({ name }, index) => figuresOf(name, times[index] ?? [], used[index] ?? []));
}

export function figuresOf(name: string, rounds: readonly number[], used: readonly (number | null)[]): Figures {
  const known = used.filter((each) => each !== null);
  // Not the mean: a process that ends during a round takes the time it had used along.
  const cpu = known.length < used.length ? null : median(known);
  return { name, rounds, min: Math.min(...rounds), median: median(rounds), cpu };
}

function median(values: readonly number[]): number {
  return [...values].sort((one, other) => one - other)[Math.floor(values.length / 2)] ?? Number.NaN;
}
