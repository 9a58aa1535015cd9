import { expect, it } from 'vitest';
import type { PartitionState } from '../../server/client.ts';
import { elsewhereLines, failedLines, nextLine, partitionGrid } from './partition-grid.ts';

const state = (partition: string, status: PartitionState['status']): PartitionState => ({
  ...{ partition, status, runId: status === 'missing' ? null : `r-${partition}` },
  ...{ schedule: null, backfill: null, createdAt: null },
});

it('a grid has a sign for each partition, fifty a line, and counts', () => {
  const many = Array.from({ length: 52 }, (_, index) => state(`p${index}`, 'succeeded'));
  expect(partitionGrid([...many, state('q', 'failed'), state('r', 'running'), state('s', 'missing')])).toEqual([
    `p0   ${'✓'.repeat(50)}`,
    'p50  ✓✓✗●·',
    '52 ✓ succeeded, 1 ✗ failed, 1 ● running, 1 · missing',
  ]);
});

it('what is next, and what failed, is named', () => {
  const states = [state('a', 'cancelled'), state('b', 'succeeded'), state('c', 'missing')];
  expect(nextLine(states)).toEqual(['next: c']);
  expect(nextLine(states.slice(0, 2))).toEqual([]);
  expect(failedLines(states)).toEqual(['a  cancelled  r-a']);
  const others = { ...state('d', 'elsewhere'), backfill: 'may' };
  expect(elsewhereLines([...states, others])).toEqual(['d  r-d of backfill may']);
  expect(partitionGrid([others])).toEqual(['d  ≡', '1 ≡ elsewhere']);
});
