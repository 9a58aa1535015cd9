import { shellWord } from './shell-word.ts';

type Option = string | number | null | undefined;

/** The command that shows the next page of a list: the same one, with the options that chose what is listed. */
export function moreText(command: string, options: Readonly<Record<string, Option>>, cursor: string | null): string {
  if (cursor === null) return '';
  const given = Object.entries({ ...options, cursor }).flatMap(([name, value]) =>
    value === undefined || value === null ? [] : [`--${name} ${shellWord(`${value}`)}`],
  );
  return `\nMore: ${[command, ...given].join(' ')}`;
}
