import { SourceMap } from 'node:module';
import { isDigest } from '../../ir/digest.ts';
import type { ArtifactStore } from '../../store/artifacts/artifact-store.ts';
import type { ErrorReport } from './handler-protocol.ts';

/** A place in a code package's bundle, as stack traces show it. */
const PLACE = /[^\s()]*[/\\]bundle\.cjs:(\d+):(\d+)/g;

/**
 * The report with the author's files and lines in place of the bundle's, and the innermost of them in the message.
 *
 * @param sourceMap digest of the step's map; a report of code that has none is given as it is.
 */
export async function inSources(
  report: ErrorReport,
  sourceMap: string | undefined,
  artifacts: ArtifactStore,
): Promise<ErrorReport> {
  if (report.stack === null || sourceMap === undefined || !isDigest(sourceMap)) return report;
  const bytes = await artifacts.getBlob(sourceMap).catch(() => null);
  if (bytes === null) return report;
  const map = new SourceMap(JSON.parse(Buffer.from(bytes).toString('utf8')));
  let innermost: string | null = null;
  const stack = report.stack.replace(PLACE, (place, line: string, column: string) => {
    const entry = map.findEntry(Number(line) - 1, Number(column) - 1);
    if (!('originalSource' in entry) || entry.originalSource === undefined) return place;
    const source = `${entry.originalSource}:${entry.originalLine + 1}`;
    innermost ??= source;
    return source;
  });
  const message = innermost === null ? report.message : `${report.message} (${innermost})`;
  return { ...report, stack, message };
}
