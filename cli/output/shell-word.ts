/** For a command line, as one word. */
export function shellWord(word: string): string {
  return /^[\w./=…:-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}
