import { describe, expect, it } from 'vitest';
import type { Servable, TensorMap } from '../lifecycle/servable.ts';
import { NaturalBatcher } from './natural-batcher.ts';

/** Gives `x` back as `y`, remembers the rows of each run, and holds runs back until it is let go. */
class Echo implements Servable {
  readonly signature = { inputs: [], outputs: [], rowwise: true, example: null };
  alive = true;
  readonly runs: number[] = [];
  readonly wanted: (readonly string[])[] = [];
  #held: (() => void)[] = [];
  #holding = false;

  async run(feeds: TensorMap, outputs: readonly string[]): Promise<TensorMap> {
    const x = feeds.x;
    if (!x) throw new Error('no x');
    this.runs.push(x.dims[0] ?? 0);
    this.wanted.push(outputs);
    if (this.#holding) await new Promise<void>((resolve) => this.#held.push(resolve));
    if ((x.data as Float32Array).includes(13)) throw new Error('13 is bad luck');
    return { y: x };
  }

  hold(): void {
    this.#holding = true;
  }

  letGo(): void {
    this.#holding = false;
    for (const resolve of this.#held.splice(0)) resolve();
  }

  async close(): Promise<void> {}
}

const rows = (...values: number[]): TensorMap => ({
  x: { type: 'float32', dims: [values.length, 1], data: Float32Array.from(values) },
});
/** Comes after a run that was asked for before: immediates keep their order, and a timer may overtake them. */
const tick = () => new Promise((resolve) => setImmediate(resolve));

describe('NaturalBatcher', () => {
  it('runs once for all that arrive in one turn, and gives each its own rows', async () => {
    const echo = new Echo();
    const batcher = new NaturalBatcher(echo);
    const answers = await Promise.all([
      batcher.infer(rows(1), ['y']),
      batcher.infer(rows(2, 3), ['y']),
      batcher.infer(rows(4), ['y']),
    ]);
    expect(echo.runs).toEqual([4]);
    expect(answers.map((answer) => [...(answer.y?.data ?? [])])).toEqual([[1], [2, 3], [4]]);
    expect(answers.map((answer) => answer.y?.dims)).toEqual([
      [1, 1],
      [2, 1],
      [1, 1],
    ]);
  });

  it('gathers what arrives while a run is under way', async () => {
    const echo = new Echo();
    const batcher = new NaturalBatcher(echo);
    echo.hold();
    const answers = [batcher.infer(rows(1), ['y'])];
    await tick();
    answers.push(batcher.infer(rows(2), ['y']));
    await tick();
    answers.push(batcher.infer(rows(3), ['y']));
    echo.letGo();
    await Promise.all(answers);
    expect(echo.runs).toEqual([1, 2]);
  });

  it('asks for the outputs that any of them wants', async () => {
    const echo = new Echo();
    const batcher = new NaturalBatcher(echo);
    await Promise.all([batcher.infer(rows(1), ['y']), batcher.infer(rows(1), ['z', 'y'])]);
    expect(echo.wanted).toEqual([['y', 'z']]);
  });

  it('makes no run longer than 4096 rows, but for one request that is', async () => {
    const echo = new Echo();
    const batcher = new NaturalBatcher(echo);
    const sizes = [5000, 3000, 1096, 1];
    await Promise.all(sizes.map((size) => batcher.infer(rows(...new Array<number>(size).fill(0)), ['y'])));
    expect(echo.runs).toEqual([5000, 4096, 1]);
  });

  it('fails only the request whose values fail the run', async () => {
    const batcher = new NaturalBatcher(new Echo());
    const settled = await Promise.allSettled([1, 13, 3].map((value) => batcher.infer(rows(value), ['y'])));
    expect(settled.map((answer) => answer.status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
    expect(settled[1]).toMatchObject({
      reason: { kind: 'invalid', message: expect.stringContaining('13 is bad luck') },
    });
  });

  it('refuses at once what would wait behind a thousand others, and answers those', async () => {
    const echo = new Echo();
    const batcher = new NaturalBatcher(echo);
    const accepted = Array.from({ length: 1024 }, (_, index) => batcher.infer(rows(index + 100), ['y']));
    expect(() => batcher.infer(rows(1), ['y'])).toThrow('1024 requests of 1024 rows wait');
    await Promise.all(accepted);
    await expect(batcher.infer(rows(1), ['y'])).resolves.toBeDefined();
  });

  it('refuses what would wait behind 16 runs of rows, whatever its own length', async () => {
    const echo = new Echo();
    const batcher = new NaturalBatcher(echo);
    const many = (count: number) => rows(...new Array<number>(count).fill(0));
    echo.hold();
    const accepted = [batcher.infer(many(100_000), ['y'])];
    await tick();
    accepted.push(batcher.infer(many(65_000), ['y']), batcher.infer(many(536), ['y']));
    expect(() => batcher.infer(rows(1), ['y'])).toThrow('2 requests of 65536 rows wait');
    echo.letGo();
    await Promise.all(accepted);
    await expect(batcher.infer(many(100_000), ['y'])).resolves.toBeDefined();
  });

  it('says that the model is away when it died', async () => {
    const echo = new Echo();
    echo.alive = false;
    await expect(new NaturalBatcher(echo).infer({}, ['y'])).rejects.toMatchObject({ kind: 'unavailable' });
  });
});
