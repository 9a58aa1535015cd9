import { ColumnDefinitionNode, type DataTypeNode, type Dialect, PostgresAdapter, PostgresQueryCompiler } from 'kysely';
import { type StatementConnection, statementDialect } from '../sql/statement-dialect.ts';

export function postgresDialect(connection: StatementConnection): Dialect {
  return statementDialect(connection, {
    adapter: () => new PostgresAdapter(),
    compiler: () => new Compiler(),
  });
}

/**
 * Text columns are made to compare by their bytes, as SQLite's do: lists and their cursors would else come in an order
 * that depends on the server's locale, and change with its version.
 */
class Compiler extends PostgresQueryCompiler {
  protected override visitDataType(node: DataTypeNode): void {
    super.visitDataType(node);
    if (node.dataType === 'text' && this.parentNode && ColumnDefinitionNode.is(this.parentNode)) {
      this.append(' collate "C"');
    }
  }
}
