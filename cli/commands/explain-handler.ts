import type { Explanation, TaskExplanation } from '../../server/client.ts';
import { type FormatOptions, formatOf } from '../output/format-option.ts';
import { print } from '../output/print.ts';
import { table } from '../output/table.ts';
import { findPlace, type PlaceOptions } from '../place.ts';
import { withApi } from '../system/with-api.ts';

/** `millrace runs explain`: why each task was run, or was not. */
export async function explainRun(
  id: string,
  path: string | undefined,
  options: PlaceOptions & FormatOptions,
): Promise<void> {
  const explanation = await withApi(findPlace(options), (client) => client.explainRun(id, path));
  await print(formatOf(options), explanation, () => explanationText(explanation));
}

const VERDICT: Readonly<Record<TaskExplanation['verdict'], string>> = {
  hit: 'hit',
  reused: 'reused',
  missed: 'missed',
  notLookedUp: 'not looked up',
  waits: 'waits',
  notRun: 'not run',
};

export function explanationText({ runId, tasks, isCut }: Explanation): string {
  if (tasks.length === 0) return `Run ${runId} has no tasks yet.`;
  const more = `… and more: millrace runs explain ${runId} PATH, of a scope or one item, explains fewer`;
  return [...tasks.map(taskLines), ...(isCut ? [more] : [])].join('\n');
}

function taskLines({ path, verdict, detail, differences, next }: TaskExplanation): string {
  const rows = differences.map(({ part, before, after }) => [part, changeText(before, after)]);
  return [
    `${path}  ${VERDICT[verdict]}`,
    `  ${detail}`,
    ...(rows.length === 0
      ? []
      : table(['PART', 'THEN → NOW'], rows)
          .split('\n')
          .map((line) => `  ${line}`)),
    ...(next === null ? [] : [`  More: ${next}`]),
  ].join('\n');
}

/** What only digests are known of has changed; that is all. */
function changeText(before: string | null, after: string | null): string {
  return before === null && after === null ? 'has changed' : `${before ?? 'none'} → ${after ?? 'none'}`;
}
