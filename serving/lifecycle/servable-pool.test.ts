import { describe, expect, it } from 'vitest';
import { FakeServable } from '../testing/fake-servable.suite.ts';
import type { Servable } from './servable.ts';
import { ServablePool } from './servable-pool.ts';

function poolOf(load: (path: string) => Promise<Servable> = async () => new FakeServable()) {
  const loads: string[] = [];
  const pool = new ServablePool((path) => {
    loads.push(path);
    return load(path);
  });
  return { pool, loads };
}

describe('ServablePool', () => {
  it('loads once for all who ask, also while it is loading, and closes after the last', async () => {
    const { pool, loads } = poolOf();
    const [first, second] = await Promise.all([pool.acquire('d', '/a'), pool.acquire('d', '/a')]);
    expect(second).toBe(first);
    expect(loads).toEqual(['/a']);
    pool.retain(first);
    pool.release(first);
    pool.release(first);
    expect(first.servable.alive).toBe(true);
    pool.release(first);
    expect(first.servable.alive).toBe(false);
    expect(() => pool.release(first)).toThrow('released more often');
    expect(await pool.acquire('d', '/a')).not.toBe(first);
  });

  it('tries again after a load that failed', async () => {
    let fails = true;
    const { pool, loads } = poolOf(async () => {
      if (fails) throw new Error('disk full');
      return new FakeServable();
    });
    const both = await Promise.allSettled([pool.acquire('d', '/a'), pool.acquire('d', '/a')]);
    expect(both.map((one) => one.status)).toEqual(['rejected', 'rejected']);
    fails = false;
    expect((await pool.acquire('d', '/a')).servable.alive).toBe(true);
    expect(loads).toHaveLength(2);
  });

  it('loads anew what has died, and leaves the dead one to those who hold it', async () => {
    const { pool } = poolOf();
    const dead = await pool.acquire('d', '/a');
    (dead.servable as FakeServable).alive = false;
    const anew = await pool.acquire('d', '/a');
    expect(anew).not.toBe(dead);
    pool.release(dead);
    expect(anew.servable.alive).toBe(true);
    expect(await pool.acquire('d', '/a')).toBe(anew);
  });
});
