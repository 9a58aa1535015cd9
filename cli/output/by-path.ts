/** In the order in which people look for a path: `trials[2]` before `trials[10]`, whichever ended first. */
export function byPath<T extends { readonly path: string }>(items: readonly T[]): readonly T[] {
  const { compare } = new Intl.Collator('en', { numeric: true });
  return [...items].sort((left, right) => compare(left.path, right.path));
}
