import type { RunDetail } from '../../server/client.ts';
import type { OutputFormat } from '../output/format-option.ts';
import { print } from '../output/print.ts';
import { runDocument } from './run-results.ts';

/** Prints a run; what its document lacks is said beside it, too, for a program seldom looks. */
export async function printRun(format: OutputFormat, detail: RunDetail, text: () => string): Promise<void> {
  const document = runDocument(detail);
  await print(format, document, text);
  if (format !== 'table') for (const notice of document.notices) process.stderr.write(`note: ${notice}\n`);
}
