const TYPES: Readonly<Record<string, string>> = {
  string: 'text',
  number: 'a number',
  int: 'a whole number',
  integer: 'a whole number',
  boolean: 'true or false',
  object: 'an object',
  record: 'an object',
  array: 'a list',
  undefined: 'nothing',
};

const BOUNDS: Readonly<Record<string, string>> = {
  '>=': 'at least ',
  '<=': 'at most ',
  '>': 'more than ',
  '<': 'less than ',
};

/** What zod found: its message, and the value where it was asked to give it (`reportInput`). */
export interface ZodFault {
  readonly message: string;
  readonly input?: unknown;
}

/**
 * What zod says of a place, as a sentence goes on. A message that the schema brings itself stays as it is. Numbers are
 * shown; texts never, for they may be somebody's data.
 *
 * @example zodText({ message: 'Too big: expected number to be <=1', input: 1.7 }) // 'has to be at most 1, and is 1.7'
 */
export function zodText({ message, input }: ZodFault): string {
  const type = /^Invalid input: expected (\w+), received (\w+)$/.exec(message);
  const shown = typeof input === 'number' ? `, and is ${input}` : '';
  if (type !== null) return `has to be ${typeText(type[1])}${shown || `, and is ${typeText(type[2])}`}`;
  const size = /^Too (?:small|big): expected \w+ to (be|have) ([<>]=?)(.*)$/.exec(message);
  if (size !== null) return `has to ${size[1]} ${BOUNDS[size[2] ?? '']}${size[3]}${shown}`;
  return message
    .replace(/^Invalid option: expected one of /, 'has to be one of ')
    .replace(/^Invalid string: must /, 'has to ')
    .replace(/^Unrecognized key(s?): /, 'has the unknown field$1 ')
    .replace(/^Invalid input$/, 'is none of what it may be');
}

/** A type as people say it, from its name in zod or in JSON Schema. */
export function typeText(type = ''): string {
  return TYPES[type] ?? type;
}
