/** In the order in which people look for a path: `trials[2]` before `trials[10]`, whichever ended first. */
export function byPath<T extends { readonly path: string }>(items: readonly T[]): readonly T[] {
  const { compare } = new Intl.Collator('en', { numeric: true });
  return [...items].sort((left, right) => compare(left.path, right.path));
}

/** Items by their path, those of a path in the order in which they came. */
export function groupedByPath<T extends { readonly path: string }>(
  items: readonly T[],
): ReadonlyMap<string, readonly T[]> {
  const groups = new Map<string, T[]>();
  for (const item of items) {
    const known = groups.get(item.path);
    if (known === undefined) groups.set(item.path, [item]);
    else known.push(item);
  }
  return groups;
}
