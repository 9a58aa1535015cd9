/** Characters of what people are told: a receiver's limit is not worth the rest, which a command shows. */
const MOST = 2_000;

/** A text as messages have it. What was cut once is not cut again. */
export function messageText(text: string): string {
  return text.length <= MOST ? text : `${text.slice(0, MOST - 1)}…`;
}
