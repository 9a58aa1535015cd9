import type { PartitionState } from '../../server/client.ts';
import { table } from '../output/table.ts';

type Status = PartitionState['status'];

/** As in the picture of a run. */
const SIGNS: Readonly<Record<Status, string>> = {
  succeeded: '✓',
  failed: '✗',
  cancelled: '⊘',
  running: '●',
  pending: '◷',
  missing: '·',
  elsewhere: '≡',
};
const CELLS_A_LINE = 50;
const NEXT = 5;

/** One sign a partition, fifty a line, each line after the key that it begins with; below them what the signs mean. */
export function partitionGrid(states: readonly PartitionState[]): readonly string[] {
  const starts = Array.from({ length: Math.ceil(states.length / CELLS_A_LINE) }, (_, line) => line * CELLS_A_LINE);
  const rows = starts.map((start) => [
    states[start]?.partition ?? '',
    states
      .slice(start, start + CELLS_A_LINE)
      .map(({ status }) => SIGNS[status])
      .join(''),
  ]);
  const [, ...lines] = table(['', ''], rows).split('\n');
  return [...lines, countLine(states)];
}

/** `3 ✓ succeeded, 1 ✗ failed`, of what there is. */
function countLine(states: readonly PartitionState[]): string {
  const counts = new Map<Status, number>();
  for (const { status } of states) counts.set(status, (counts.get(status) ?? 0) + 1);
  return Object.entries(SIGNS)
    .flatMap(([status, sign]) => {
      const count = counts.get(status as Status);
      return count === undefined ? [] : [`${count.toLocaleString('en')} ${sign} ${status}`];
    })
    .join(', ');
}

/** The first partitions that have no run yet. */
export function nextLine(states: readonly PartitionState[]): readonly string[] {
  const next = states.filter(({ status }) => status === 'missing').map(({ partition }) => partition);
  if (next.length === 0) return [];
  return [`next: ${next.slice(0, NEXT).join('  ')}${next.length > NEXT ? '  …' : ''}`];
}

/** What failed, with the run that tells why. */
export function failedLines(states: readonly PartitionState[]): readonly string[] {
  return states
    .filter(({ status }) => status === 'failed' || status === 'cancelled')
    .map(({ partition, status, runId }) => `${partition}  ${status}  ${runId ?? '-'}`);
}

/** What a backfill left to somebody else's run, with that run. */
export function elsewhereLines(states: readonly PartitionState[]): readonly string[] {
  return states
    .filter(({ status }) => status === 'elsewhere')
    .map(
      ({ partition, runId, backfill }) =>
        `${partition}  ${runId ?? '-'}${backfill === null ? '' : ` of backfill ${backfill}`}`,
    );
}
