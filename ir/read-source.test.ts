import { describe, expect, it } from 'vitest';
import type { Partitions } from './partitions.ts';
import { readSource } from './read-source.ts';
import type { SourceInput } from './source-input.ts';

const days: Partitions = {
  dimensions: [{ kind: 'time', name: 'day', period: 'day', start: '2026-01-01', end: null, timezone: 'UTC' }],
};
const NOW = Date.parse('2026-02-03T10:00:00Z');
type Arrival = Omit<Extract<SourceInput, { kind: 'partitionArrived' }>, 'kind'>;
const read = (arrival: Arrival) => readSource({ kind: 'partitionArrived', ...arrival }, days, NOW);
const query = 'SELECT count(*) FROM t WHERE day = {day}';

describe('a partition that is waited for', () => {
  it.each<[Arrival, object]>([
    [{ path: '/x/{day}' }, { kind: 'files', path: '/x/{day}', files: 1, rows: null }],
    [
      { path: 's3://b/{day}/*.parquet?pathStyle=true', files: 2, rows: 9 },
      { kind: 'files', path: 's3://b/{day}/*.parquet?pathStyle=true', files: 2, rows: 9 },
    ],
    [
      { query: ` ${query};\n`, database: 'lake' },
      { kind: 'query', query, database: 'lake', rows: 1 },
    ],
    [
      { query, database: 'lake', rows: 5 },
      { kind: 'query', query, database: 'lake', rows: 5 },
    ],
  ])('%j is looked for', (arrival, place) => {
    expect(read(arrival)).toEqual({ kind: 'partitionArrived', place, from: '2026-02-02', lateAfterMs: null });
  });

  it.each<[Arrival, string]>([
    [{}, 'has to have path'],
    [{ path: '/x/{day}', query, database: 'lake' }, 'and not both'],
    [{ query }, 'query and database'],
    [{ query, database: 'lake', files: 2 }, 'which goes with files'],
    [{ path: '/x/{day}/*.csv', rows: 1 }, 'counts the rows of *.csv, and only those of Parquet files can be counted'],
    [{ path: '/x/{day}/*', rows: 1 }, 'end its path in .parquet'],
    [{ path: '/x/{day}', lateAfter: 'long' }, "has 'long' as lateAfter"],
    [{ path: '/x/*.parquet', rows: 1 }, 'has a path that is the same for several partitions'],
    [{ query: 'SELECT count(*) FROM t', database: 'lake' }, 'has a query that is the same for several partitions'],
    [{ query: 'SELECT {week}', database: 'lake' }, 'names {week} in its query; it may name partition, day'],
    [{ query: "SELECT '{day}'", database: 'lake' }, "has '{day}' in its query: leave the quotes out"],
  ])('%j is refused', (arrival, said) => {
    expect(() => read(arrival)).toThrow(said);
    // Who wrote a pipeline's file, or asks the API, knows no options of the command line.
    expect(() => read(arrival)).not.toThrow(/--\w/);
  });
});
