import type { ValueType } from '../../ir/row-schema.ts';

interface ColumnType {
  /** DuckDB's names of types that hold such values. */
  readonly accepts: RegExp;
  /** What texts are read as, where a file has nothing but texts. */
  readonly sql: string;
  /** For people. */
  readonly due: string;
}

const NUMBERS = /^(U?(TINYINT|SMALLINT|INTEGER|BIGINT|HUGEINT)|FLOAT|DOUBLE|DECIMAL\(.*)$/;
const TIMES = /^(TIMESTAMP|TIMESTAMP_(S|MS|NS)|TIMESTAMP WITH TIME ZONE|DATE)$/;

export const COLUMN_TYPES: Readonly<Record<ValueType, ColumnType>> = {
  any: { accepts: /^/, sql: 'VARCHAR', due: 'a value' },
  text: { accepts: /^(VARCHAR|ENUM\(.*|UUID)$/, sql: 'VARCHAR', due: 'a text' },
  number: { accepts: NUMBERS, sql: 'DOUBLE', due: 'a number' },
  // A BIGINT would be made of 1.5 too, rounded.
  integer: { accepts: NUMBERS, sql: 'DOUBLE', due: 'a whole number' },
  boolean: { accepts: /^BOOLEAN$/, sql: 'BOOLEAN', due: 'true or false' },
  date: { accepts: TIMES, sql: 'DATE', due: 'a date' },
  time: { accepts: TIMES, sql: 'TIMESTAMP', due: 'a time' },
};

/** What is due where a date has a time of day. */
export const DATE_ALONE = 'a date with no time of day';
