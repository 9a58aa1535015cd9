import { SourceMap } from 'node:module';
import { isDigest } from '../../ir/digest.ts';
import type { ArtifactStore } from '../../store/artifacts/artifact-store.ts';
import type { ErrorReport } from './handler-protocol.ts';

/** A line of a stack that stands for a call in a code package's bundle. */
const FRAME = /^(\s+at (?:async )?(?:.*\()?)[^()]*[/\\]bundle\.cjs:(\d+):(\d+)(\)?)$/;
/** Lines of a stack are this long at the most; what is longer is of the message, and could be anything. */
const LONGEST_FRAME = 1_000;

/**
 * The report with the author's files and lines in place of the bundle's, and the innermost of them in the message.
 *
 * @param sourceMap digest of the step's map; a report of code whose map is not to be had is given as it is.
 */
export async function inSources(
  report: ErrorReport,
  sourceMap: string | undefined,
  artifacts: ArtifactStore,
): Promise<ErrorReport> {
  if (report.stack === null || sourceMap === undefined) return report;
  const map = await readMap(sourceMap, artifacts);
  if (map === null) return report;
  let innermost: string | null = null;
  const lines = report.stack.split('\n').map((text) => {
    const [, call = '', line, column, end = ''] = (text.length <= LONGEST_FRAME && FRAME.exec(text)) || [];
    const source = line === undefined ? null : sourceOf(map, Number(line), Number(column));
    if (source === null) return text;
    innermost ??= source;
    return `${call}${source}${end}`;
  });
  const message = innermost === null ? report.message : `${report.message} (${innermost})`;
  return { ...report, stack: lines.join('\n'), message };
}

/** Null where there is none that can be read: an error is told without its place, and never not at all. */
async function readMap(digest: string, artifacts: ArtifactStore): Promise<SourceMap | null> {
  if (!isDigest(digest)) return null;
  try {
    return new SourceMap(JSON.parse(Buffer.from(await artifacts.getBlob(digest)).toString('utf8')));
  } catch {
    return null;
  }
}

/** Line and column from 1, as stacks count them. */
function sourceOf(map: SourceMap, line: number, column: number): string | null {
  const entry = map.findEntry(line - 1, column - 1);
  if (!('originalSource' in entry) || entry.originalSource === undefined) return null;
  return `${entry.originalSource}:${entry.originalLine + 1}`;
}
