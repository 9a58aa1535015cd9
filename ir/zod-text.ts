const TYPES: Readonly<Record<string, string>> = {
  string: 'text',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  object: 'an object',
  record: 'an object',
  array: 'a list',
  undefined: 'nothing',
};

/** What zod says of a place, as a sentence goes on. A message that the schema brings itself stays as it is. */
export function zodText(message: string): string {
  const type = /^Invalid input: expected (\w+), received (\w+)$/.exec(message);
  if (type !== null) return `has to be ${typeText(type[1])}, and is ${typeText(type[2])}`;
  const size = /^Too (?:small|big): expected \w+ to (be|have) (.*)$/.exec(message);
  if (size !== null) return `has to ${size[1]} ${size[2]}`;
  return message
    .replace(/^Invalid option: expected one of /, 'has to be one of ')
    .replace(/^Invalid string: must /, 'has to ')
    .replace(/^Unrecognized key(s?): /, 'has the unknown field$1 ')
    .replace(/^Invalid input$/, 'is none of what it may be');
}

function typeText(type = ''): string {
  return TYPES[type] ?? type;
}
