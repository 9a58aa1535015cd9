/** Lines under a title, after an empty line; nothing where there are none. */
export function section(title: string, lines: readonly string[]): string {
  return lines.length === 0 ? '' : `\n${title}\n${lines.map((line) => `  ${line}`).join('\n')}`;
}

/** The first of many lines, and how many more there are. */
export function shortened(lines: readonly string[], most: number, where: string): readonly string[] {
  const more = lines.length - most;
  return more <= 0 ? lines : [...lines.slice(0, most), `… and ${more.toLocaleString('en')} more: ${where}`];
}
