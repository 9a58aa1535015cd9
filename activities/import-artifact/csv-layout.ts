import type { DuckDBConnection } from '@duckdb/node-api';
import { DataError, literal, pathLiteral } from '../../data/index.ts';

/** How a CSV file is written, and the types that fit all of its cells. */
export interface CsvLayout {
  /** Arguments of the engine's reader. */
  readonly options: readonly string[];
  /** In their order. */
  readonly columns: ReadonlyMap<string, string>;
}

/**
 * Looks at all rows, which takes about as long as reading them. A part of them would say less than the truth: where it
 * holds whole numbers alone, the engine rounds the fractions that come later.
 *
 * @throws DataError `unreadable` for a file that is not UTF-8, or whose rows have not all as many cells as its header.
 */
export async function csvLayout(connection: DuckDBConnection, source: string): Promise<CsvLayout> {
  const fields =
    'Delimiter, Quote, "Escape", "Comment", SkipRows, HasHeader, DateFormat, TimestampFormat, ' +
    'list_transform(Columns, c -> [c.name, c.type])::JSON::VARCHAR';
  const answer = await connection
    .runAndReadAll(`SELECT ${fields} FROM sniff_csv(${pathLiteral(source)}, sample_size = -1)`)
    .catch((cause: unknown) => {
      throw notUtf8(source, cause) ?? cause;
    });
  const [delimiter, quote, escaped, comment, skip, header, date, timestamp, columns] = answer.getRows()[0] ?? [];
  const text = (name: string, value: unknown) =>
    value === null ? [] : [`${name} = ${literal(value === '(empty)' ? '' : String(value))}`];
  const types = new Map<string, string>(JSON.parse(String(columns)));
  await refuseRagged(connection, source, String(delimiter), [...types.keys()]);
  return {
    options: [
      'auto_detect = false',
      ...text('delim', delimiter),
      ...text('quote', quote),
      ...text('escape', escaped),
      ...text('comment', comment),
      `skip = ${Number(skip)}`,
      `header = ${header === true}`,
      ...text('dateformat', date),
      ...text('timestampformat', timestamp),
    ],
    columns: types,
  };
}

function notUtf8(source: string, cause: unknown): DataError | null {
  const said = cause instanceof Error ? cause.message : '';
  if (!/not utf-8/i.test(said)) return null;
  const line = /Line: (\d+)/.exec(said)?.[1];
  const cure = `Convert it, for instance by: iconv -f latin1 -t utf-8 ${source}`;
  return new DataError('unreadable', `${source} is not UTF-8${line ? `, in line ${line}` : ''}. ${cure}`, { cause });
}

const SEPARATORS = [',', ';', '\t'];

/**
 * Where rows differ in their number of cells, the engine takes each line for one cell, by a separator that the file has
 * nowhere.
 */
async function refuseRagged(
  connection: DuckDBConnection,
  source: string,
  delimiter: string,
  columns: readonly string[],
): Promise<void> {
  const [header = ''] = columns;
  const separator = SEPARATORS.find((each) => each !== delimiter && header.includes(each));
  if (columns.length !== 1 || separator === undefined) return;
  const names = header.split(separator);
  const types = names.map((_, index) => `'c${index}': 'VARCHAR'`);
  const options = `auto_detect = false, delim = ${literal(separator)}, quote = '"', escape = '"', header = true`;
  await connection.run(
    `SELECT count(*) FROM read_csv(${pathLiteral(source)}, ${options}, columns = {${types.join(', ')}}, store_rejects = true)`,
  );
  // One line for each cell that is too many or too few.
  const rejected = await connection.runAndReadAll(
    `SELECT line, max(error_message ILIKE '%expected number of columns%'), min(found), max(found)
     FROM (SELECT *, TRY_CAST(regexp_extract(error_message, 'Found: (\\d+)', 1) AS INTEGER) AS found FROM reject_errors)
     GROUP BY line ORDER BY line LIMIT 1`,
  );
  const [line, isCount, fewest, most] = rejected.getRows()[0] ?? [];
  if (line === undefined || isCount !== true) return;
  const cells = Number(fewest) > names.length ? Number(most) : Number(fewest);
  throw new DataError(
    'unreadable',
    `Line ${line} of ${source} has ${cells} ${cells === 1 ? 'cell' : 'cells'}, and its header has ${names.length}. ` +
      'Correct the line, or put a cell in quotes that has the separator in it.',
  );
}
