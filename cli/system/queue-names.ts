import { CliError, EXIT } from '../cli-error.ts';

/** @throws CliError for a list with an empty name, or one that no queue can have. @returns the names. */
export function queueNames(text: string): readonly string[] {
  const names = text.split(',').map((name) => name.trim());
  const wrong = names.find((name) => name === '' || /\s/.test(name));
  if (wrong === undefined) return names;
  const said = wrong === '' ? `--queues is '${text}', with an empty name in it.` : `'${wrong}' cannot name a queue.`;
  throw new CliError(EXIT.badInput, said, { next: 'Give names with commas between them, as in: --queues cpu,gpu' });
}
