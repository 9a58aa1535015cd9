import { type Dialect, SqliteAdapter, SqliteQueryCompiler } from 'kysely';
import { type StatementConnection, statementDialect } from '../sql/statement-dialect.ts';

export function sqliteDialect(connection: StatementConnection): Dialect {
  return statementDialect(connection, {
    adapter: () => new SqliteAdapter(),
    compiler: () => new SqliteQueryCompiler(),
  });
}
