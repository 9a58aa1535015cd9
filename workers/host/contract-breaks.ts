/** A list of a thousand rows may be wrong a thousand times, and a message is read by people. */
const TOLD = 5;

/** What is wrong with a value, in one line: the first places, and how many more there are. */
export function contractBreaks(found: readonly string[]): string {
  const told = found.slice(0, TOLD).join('; ');
  return found.length > TOLD ? `${told}; and ${found.length - TOLD} more` : told;
}

/** A place in a value and what is wrong there: `rows.0.total: has to be a number, and is text`. */
export function breakAt(place: string, wrong: string): string {
  if (place !== '') return `${place}: ${wrong}`;
  return /^(?:has|is|must) /.test(wrong) ? `it ${wrong}` : wrong;
}
