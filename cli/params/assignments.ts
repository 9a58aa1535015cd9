import { CliError, EXIT } from '../cli-error.ts';

/**
 * `name=value` arguments by name, values as they were written.
 *
 * @throws CliError for an argument without `=`, and for a name that comes twice: which of the two counts is no guess of ours.
 */
export function parseAssignments(words: readonly string[]): ReadonlyMap<string, string> {
  const values = new Map<string, string>();
  for (const word of words) {
    const { name, value } = assignment(word);
    const before = values.get(name);
    if (before !== undefined) {
      throw new CliError(EXIT.badInput, `${name} is given twice: '${before}' and '${value}'.`, {
        next: 'Leave one out.',
      });
    }
    values.set(name, value);
  }
  return values;
}

function assignment(word: string): { readonly name: string; readonly value: string } {
  const at = word.indexOf('=');
  if (at > 0) return { name: word.slice(0, at), value: word.slice(at + 1) };
  throw new CliError(EXIT.badInput, `'${word}' gives no value to a parameter.`, {
    next: 'Write name=value, for instance rows=1000.',
  });
}
