/** One of several by their weights in percent; undefined when none has any. `random` is in [0, 1). */
export function chooseShare<S extends { readonly percent: number }>(
  shares: readonly S[],
  random: () => number = Math.random,
): S | undefined {
  const sum = shares.reduce((total, share) => total + share.percent, 0);
  let rest = random() * sum;
  for (const share of shares) {
    if (share.percent > 0 && rest < share.percent) return share;
    rest -= share.percent;
  }
  // Rounding may leave a crumb past the last share.
  return shares.findLast((share) => share.percent > 0);
}
