import { CliError, EXIT } from '../cli-error.ts';

/** `name=value` arguments by name, values as they were written. @throws CliError for an argument without `=`. */
export function parseAssignments(words: readonly string[]): ReadonlyMap<string, string> {
  return new Map(
    words.map((word) => {
      const at = word.indexOf('=');
      if (at > 0) return [word.slice(0, at), word.slice(at + 1)];
      throw new CliError(EXIT.badInput, `'${word}' gives no value to a parameter.`, {
        next: 'Write name=value, for instance rows=1000.',
      });
    }),
  );
}
