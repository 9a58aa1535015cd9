import type { RunDetail } from '../../server/client.ts';
import type { OutputFormat } from '../output/format-option.ts';
import { print } from '../output/print.ts';
import { leftOutNotices, runDocument } from './run-results.ts';

/**
 * Prints a run; what its document lacks is said beside it, too, for a program seldom looks.
 *
 * @param submission the notices of its submission, which have been said
 */
export async function printRun(
  format: OutputFormat,
  detail: RunDetail,
  text: () => string,
  submission: readonly string[] = [],
): Promise<void> {
  await print(format, runDocument(detail, submission), text);
  if (format !== 'table') for (const notice of leftOutNotices(detail)) process.stderr.write(`note: ${notice}\n`);
}
