import { canonicalJson } from '../../ir/json.ts';
import { type Dimension, drawn, type Scalar } from './dimension.ts';
import { seededRandom } from './seeded-random.ts';

export type Space = Readonly<Record<string, Dimension>>;
export type Params = Readonly<Record<string, Scalar>>;

/**
 * So many different points of a space, the same for a seed. The first ones stay the same when more are asked for, so that
 * they are found in the cache.
 *
 * @param count not more than there are points
 */
export function drawTrials(space: Space, count: number, seed: number): readonly Params[] {
  const random = seededRandom(seed);
  const found = new Map<string, Params>();
  while (found.size < count) {
    const params = Object.fromEntries(
      Object.entries(space).map(([name, dimension]) => [name, drawn(dimension, random())]),
    );
    found.set(canonicalJson(params), found.get(canonicalJson(params)) ?? params);
  }
  return [...found.values()];
}
