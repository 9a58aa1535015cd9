import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { Tensor } from 'onnxruntime-node';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Columns, withDuckDB, writeParquet } from '../../data/index.ts';
import { valueInfo } from '../onnx/graph-draft.ts';
import { encodeModel, modelOf } from '../onnx/onnx-file.ts';
import { floatsOf, openSession } from '../onnx/session.ts';
import { CALENDAR_PARTS, type CalendarPart } from './calendar.ts';
import type { FeatureSpec } from './feature.ts';
import { fitTransform } from './fit-transform.ts';
import { createKernel } from './kernel.ts';
import { lowerTransform } from './lower-transform.ts';
import { inputTensors, type Transform } from './transform.ts';

const PARTS = Object.keys(CALENDAR_PARTS) as CalendarPart[];
const SPECS: FeatureSpec[] = [
  { op: 'category', column: 'airport', minCount: 2 },
  { op: 'scale', column: 'distance' },
  ...PARTS.map((part): FeatureSpec => ({ op: 'calendar', column: 'date', part })),
  { op: 'targetMean', column: 'airport', target: 'late', smoothing: 2 },
  { op: 'cross', of: ['airport', 'date.hour', 'date.dayOfWeek'] },
];

let folder: string;
let path: string;
let transform: Transform;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'millrace-transform-'));
  path = join(folder, 'rows.parquet');
  await withDuckDB((connection) =>
    writeParquet(
      connection,
      `SELECT * FROM (VALUES
        ('ORD', 100, TIMESTAMP '2001-03-01 05:06:07', 1), ('ORD', 300, TIMESTAMP '2001-03-02', 0),
        ('', NULL, TIMESTAMP '1969-12-31 23:59:59.999999', 0), ('', 200, TIMESTAMP '2000-02-29', 1),
        ('Zürich', 0, TIMESTAMP '2001-01-01', NULL), ('Zürich', 400, TIMESTAMP '2001-01-01', 1), ('rare', 200, TIMESTAMP '2001-01-01', 1)
      ) AS rows(airport, distance, date, late)`,
      path,
    ),
  );
  transform = await fitTransform(path, SPECS);
});
afterAll(() => rm(folder, { recursive: true, force: true }));

interface Row {
  readonly airport: string;
  readonly distance: number;
  readonly date: bigint;
}

function inBulk(fitted: Transform, rows: readonly Row[]): Float32Array {
  const dictionary = [...new Set(rows.map(({ airport }) => airport))];
  const batch: Columns = {
    rows: rows.length,
    columns: {
      airport: { kind: 'text', codes: Int32Array.from(rows, ({ airport }) => dictionary.indexOf(airport)), dictionary },
      distance: { kind: 'number', values: Float64Array.from(rows, ({ distance }) => distance) },
      date: { kind: 'time', values: BigInt64Array.from(rows, ({ date }) => date) },
    },
  };
  const kernel = createKernel(fitted);
  const matrix = new Float32Array(rows.length * kernel.width);
  kernel.apply(batch, matrix);
  return matrix;
}

async function onnxForm(fitted: Transform): Promise<(rows: readonly Row[]) => Promise<Float32Array>> {
  const { draft, output } = lowerTransform(fitted);
  const input = inputTensors(fitted).map(({ name, type, shape }) => valueInfo(name, type, shape));
  const outputs = [valueInfo(output, 'float32', ['rows', fitted.features.length])];
  const session = await openSession(encodeModel(modelOf(draft, { name: 'transform', input, output: outputs })));
  return async (rows) => {
    const feeds = {
      airport: new Tensor(
        'string',
        rows.map(({ airport }) => airport),
        [rows.length],
      ),
      distance: new Tensor(
        'float32',
        Float32Array.from(rows, ({ distance }) => distance),
        [rows.length],
      ),
      date: new Tensor(
        'int64',
        BigInt64Array.from(rows, ({ date }) => date),
        [rows.length],
      ),
    };
    return floatsOf(await session.run(feeds), output);
  };
}

describe('a fitted transform', () => {
  it('gives bit for bit the same in bulk and as ONNX, for any row', async () => {
    const asOnnx = await onnxForm(transform);
    const row = fc.record({
      airport: fc.oneof(
        fc.constantFrom('ORD', '', 'Zürich', 'rare', 'never seen', 'ORD\0tail', '日本'),
        fc.string({ unit: 'grapheme' }),
      ),
      distance: fc.oneof(
        fc.constantFrom(Number.NaN, Number.POSITIVE_INFINITY, -0, 16_777_217, 1e-40, 0.1),
        fc.double({ noNaN: true }),
        fc.integer(),
      ),
      date: fc.oneof(
        fc.constantFrom(0n, -1n, -86_400_000_000n, 951_782_400_000_000n, 2n ** 53n, -(2n ** 53n) - 1n),
        // All that a TIMESTAMP can be but the first day of it.
        fc.bigInt({ min: -(2n ** 63n) + 200_000_000_000n, max: 2n ** 63n - 1n }),
        fc.bigInt({ min: -(10n ** 16n), max: 10n ** 16n }),
      ),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(row, { minLength: 1, maxLength: 50 }), async (rows) => {
        const bulk = inBulk(transform, rows);
        const online = await asOnnx(rows);
        expect(new Uint32Array(bulk.buffer)).toEqual(new Uint32Array(online.slice().buffer));
      }),
      { numRuns: 300 },
    );
  });

  it('agrees with the calendar, before 1970 too', () => {
    const parts = PARTS.map((part) => transform.features.findIndex(({ name }) => name === `date.${part}`));
    fc.assert(
      fc.property(
        fc.date({ min: new Date('0001-01-01'), max: new Date('9999-12-31'), noInvalidDate: true }),
        (date) => {
          const micros = BigInt(date.getTime()) * 1000n + 999n;
          const features = inBulk(transform, [{ airport: '', distance: 0, date: micros }]);
          const expected: Record<CalendarPart, number> = {
            month: date.getUTCMonth(),
            dayOfMonth: date.getUTCDate() - 1,
            dayOfWeek: (date.getUTCDay() + 6) % 7,
            hour: date.getUTCHours(),
            minute: date.getUTCMinutes(),
            minuteOfDay: date.getUTCHours() * 60 + date.getUTCMinutes(),
          };
          expect(Object.fromEntries(PARTS.map((part, i) => [part, features[parts[i] ?? -1]]))).toEqual(expected);
        },
      ),
    );
  });

  it('has learned from the rows what it says', () => {
    const [airport, distance] = transform.features;
    expect(airport).toEqual({
      op: 'category',
      name: 'airport',
      column: 'airport',
      cardinality: 4,
      vocabulary: ['', 'ORD', 'Zürich'],
    });
    // Of 100, 300, 200, 0, 400, 200, one missing.
    expect(distance).toMatchObject({ mean: 200, factor: Math.fround(1 / Math.sqrt(100_000 / 6)) });
    const mean = Math.fround(4 / 6);
    const means = transform.features.find(({ op }) => op === 'targetMean');
    expect(means).toMatchObject({ mean, texts: ['', 'ORD', 'Zürich', 'rare'] });
    // The row of Zürich whose target is missing does not count.
    expect(means).toHaveProperty('means.2', Math.fround((1 + 2 * mean) / 3));
    expect(transform.features.at(-1)).toMatchObject({
      name: 'airport×date.hour×date.dayOfWeek',
      cardinality: 4 * 24 * 7,
    });
  });

  it('is the same JSON each time', async () => {
    expect(JSON.stringify(await fitTransform(path, SPECS))).toBe(JSON.stringify(transform));
  });
});

describe('errors of fitTransform', () => {
  it.each<[string, FeatureSpec[], RegExp]>([
    ['no features', [], /one feature at least/],
    [
      'one name twice',
      [
        { op: 'scale', column: 'distance' },
        { op: 'scale', column: 'distance' },
      ],
      /named 'distance'/,
    ],
    [
      'a column used as two kinds',
      [
        { op: 'scale', column: 'distance' },
        { op: 'category', column: 'distance' },
      ],
      /both as number and as text/,
    ],
    ['a cross of nothing', [{ op: 'cross', of: ['a', 'b'] }], /crosses 'a', but there is no such feature before it/],
    [
      'a cross of a measure',
      [
        { op: 'scale', column: 'distance' },
        { op: 'cross', of: ['distance', 'distance'] },
      ],
      /'distance', but it is a measure/,
    ],
    [
      'a cross too wide',
      [
        { op: 'calendar', column: 'date', part: 'minuteOfDay' },
        { op: 'cross', of: Array(3).fill('date.minuteOfDay') },
      ],
      /2985984000 codes/,
    ],
    ['a column that is not there', [{ op: 'scale', column: 'speed' }], /no column 'speed'/],
    ['a column of another type', [{ op: 'scale', column: 'airport' }], /'airport' .* is VARCHAR/],
  ])('refuses %s', async (_, specs, message) => {
    await expect(fitTransform(path, specs)).rejects.toThrow(message);
  });

  it('refuses a table without rows', async () => {
    const empty = join(folder, 'empty.parquet');
    await withDuckDB((connection) => writeParquet(connection, 'SELECT 1 AS distance LIMIT 0', empty));
    await expect(fitTransform(empty, [{ op: 'scale', column: 'distance' }])).rejects.toMatchObject({ kind: 'empty' });
  });
});
