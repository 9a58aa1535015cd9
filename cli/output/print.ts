import type { OutputFormat } from './format-option.ts';

/** Prints a result: as a document for programs, or as text made for people. */
export async function print(format: OutputFormat, document: unknown, text: () => string): Promise<void> {
  process.stdout.write(`${await rendered(format, document, text)}\n`);
}

async function rendered(format: OutputFormat, document: unknown, text: () => string): Promise<string> {
  if (format === 'json') return JSON.stringify(document, null, 2);
  if (format === 'table') return text();
  const { stringify } = await import('yaml');
  return stringify(document).trimEnd();
}
