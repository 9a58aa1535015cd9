import type { SchemaFault } from './schema-findings.ts';

/** A list of a thousand rows may be wrong a thousand times, and a message is read by people. */
const TOLD = 5;

/**
 * What is wrong with a value, in one line: the first places, and how many more there are.
 *
 * @example 'rows.0.total: has to be a number, and is text; rate: is required'
 */
export function contractBreaks(faults: readonly SchemaFault[]): string {
  const told = faults.slice(0, TOLD).map(breakAt).join('; ');
  return faults.length > TOLD ? `${told}; and ${faults.length - TOLD} more` : told;
}

function breakAt({ at, message }: SchemaFault): string {
  if (at !== '') return `${at}: ${message}`;
  return /^(?:has|is) /.test(message) ? `it ${message}` : message;
}
