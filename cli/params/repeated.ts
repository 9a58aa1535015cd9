/**
 * For commander's `argParser`: an option that may be given again, whose words come in the order in which they were given.
 *
 * @example new Option('-p, --param <name=value>', 'one parameter; may be repeated').argParser(repeated)
 */
export function repeated(word: string, before: readonly string[] = []): readonly string[] {
  return [...before, word];
}
