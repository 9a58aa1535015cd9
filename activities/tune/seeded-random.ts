/**
 * Numbers in [0, 1), the same for a seed on every machine.
 *
 * SplitMix32 (https://docs.oracle.com/javase/8/docs/api/java/util/SplittableRandom.html, with 32-bit constants of
 * MurmurHash3): short, and of no use for secrets.
 *
 * @param seed an integer
 */
export function seededRandom(seed: number): () => number {
  let state = seed | 0;
  return () => {
    state = (state + 0x9e3779b9) | 0;
    let mixed = state ^ (state >>> 16);
    mixed = Math.imul(mixed, 0x85ebca6b);
    mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
    return ((mixed ^ (mixed >>> 16)) >>> 0) / 2 ** 32;
  };
}
