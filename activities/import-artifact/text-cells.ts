import { type ColumnKind, DataError, identifier, pathLiteral, withDuckDB } from '../../data/index.ts';
import type { TableMetadata } from '../dataset-metadata.ts';

/** Longest cell that a message shows whole. */
const SHOWN = 40;

/**
 * A CSV file says nothing of its columns' types: they are what all of its cells can be read as, and text where one
 * cannot. Where another kind is due, that cell is what is wrong.
 *
 * @param kinds what columns have to be.
 * @throws DataError `empty` or `columnType`, naming the row and what stands there.
 */
export async function refuseTextCells(
  source: string,
  { rows, columns }: TableMetadata,
  kinds: ReadonlyMap<string, ColumnKind>,
): Promise<void> {
  for (const { name, type } of columns) {
    const kind = kinds.get(name) ?? 'text';
    if (type !== 'VARCHAR' || kind === 'text') continue;
    if (rows === 0) {
      const cure = 'Give it rows, or import it without a schema.';
      throw new DataError('empty', `${source} has a header and no rows: nothing says what its columns hold. ${cure}`);
    }
    const bad = await firstBadCell(source, name, kind);
    if (bad === null) continue;
    const cell = bad.text.length > SHOWN ? `${bad.text.slice(0, SHOWN)}…` : bad.text;
    const cure = 'Correct the cell, leave it empty for a value that is missing, or let the schema have text there.';
    throw new DataError(
      'columnType',
      `Row ${bad.row} of ${source} has '${cell}' in column '${name}', where a ${kind} is due. ${cure}`,
    );
  }
}

/** Rows are counted from 1, the header aside. */
function firstBadCell(source: string, column: string, kind: 'number' | 'time') {
  const type = kind === 'number' ? 'DOUBLE' : 'TIMESTAMP';
  const cells = `SELECT row_number() OVER () AS row, ${identifier(column)} AS cell FROM read_csv(${pathLiteral(source)}, all_varchar = true)`;
  const bad = `SELECT row, cell FROM (${cells}) WHERE cell IS NOT NULL AND TRY_CAST(cell AS ${type}) IS NULL ORDER BY row LIMIT 1`;
  return withDuckDB(async (connection) => {
    const [found] = (await connection.runAndReadAll(bad)).getRows();
    return found === undefined ? null : { row: Number(found[0]), text: String(found[1]) };
  });
}
