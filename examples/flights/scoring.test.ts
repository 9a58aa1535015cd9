import { compile } from 'millrace';
import { expect, it } from 'vitest';
import { listPartitions } from '../../ir/list-partitions.ts';
import scoring from './scoring.ts';

it('scores the 181 days of the data, each for itself', () => {
  const { ir } = compile(scoring);
  const { partitions } = ir;
  if (partitions === null) throw new Error('it has no partitions');
  const days = listPartitions(partitions, {}, Date.now());
  expect([days.length, days[0], days.at(-1)]).toEqual([181, '2001-01-01', '2001-06-30']);
  const reads = ir.body.nodes.filter((node) => JSON.stringify(node).includes('"field":"partition"'));
  expect(reads.map(({ name }) => name)).toEqual(['preprocess', 'publishPredictions']);
});
