import type { DuckDBConnection } from '@duckdb/node-api';
import { literal } from '../../data/index.ts';
import { isJsonObject, type JsonObject, type JsonValue } from '../../ir/json.ts';

/*
 * What is kept for later runs has to be a function of the table. Which functions are not, DuckDB knows only in part
 * (`stability` of duckdb_functions()): it calls what reads a clock without a zone, or a setting, consistent.
 */
const CLOCK = [
  ...['now', 'today', 'ago', 'current_date', 'current_time', 'current_timestamp', 'localtime', 'localtimestamp'],
  ...['get_current_time', 'get_current_timestamp', 'current_localtime', 'current_localtimestamp'],
  ...['transaction_timestamp', 'pg_conf_load_time', 'pg_postmaster_start_time'],
];
const CHANCE = ['random', 'setseed', 'uuid', 'uuidv4', 'uuidv7', 'gen_random_uuid'];
const ENGINE = [
  ...['current_connection_id', 'current_database', 'current_query', 'current_query_id', 'current_schema'],
  ...['current_schemas', 'current_transaction_id', 'txid_current', 'in_search_path', 'nextval', 'currval'],
  ...['current_setting', 'getenv', 'getvariable', 'stats', 'write_log', 'sleep_ms'],
];
/** Of the clock's, those that SQL lets one write without brackets; a column of that name comes first. */
const BARE = new Set(['current_date', 'current_time', 'current_timestamp', 'localtime', 'localtimestamp']);
/** They call an aggregate that a text names, and one of those samples. */
const BY_TEXT = ['list_aggregate', 'list_aggr', 'array_aggregate', 'array_aggr', 'aggregate'];

const CURES: ReadonlyMap<string, string> = new Map([
  ...CLOCK.map((name) => [name, 'Write the time out, or make it a parameter of the pipeline.'] as const),
  ...CHANCE.map((name) => [name, 'Take hash(…) of a column that tells rows apart.'] as const),
  ...ENGINE.map((name) => [name, 'Leave it out: it tells nothing of the row.'] as const),
  ...BY_TEXT.map((name) => [name, 'Name the aggregate in the call, as in list_sum(…).'] as const),
]);

/** What an expression does that is no function of its row, and what to do instead. */
export interface Impurity {
  /** `calls now()`. */
  readonly what: string;
  readonly cure: string;
}

/**
 * Looks into SQL expressions for what makes a value depend on more than its row: time, chance, the engine, other rows,
 * files. Aggregates look like other functions here: the engine refuses them where it tests rows (`clean-table.ts`).
 *
 * @param columns of their table.
 * @returns for each, null where there is none of it, and where it is no SQL, which is for the engine to say.
 */
export async function impurities(
  connection: DuckDBConnection,
  expressions: readonly string[],
  columns: readonly string[],
): Promise<readonly (Impurity | null)[]> {
  const texts = expressions.map((sql) => literal(`SELECT (${sql})`)).join(', ');
  const options = 'skip_null := true, skip_empty := true, skip_default := true';
  const query = `SELECT json_serialize_sql(sql, ${options}) FROM (SELECT unnest([${texts}]::VARCHAR[]) AS sql)`;
  const bare = new Set([...BARE].filter((name) => !columns.some((column) => column.toLowerCase() === name)));
  const trees = (await connection.runAndReadAll(query)).getRows();
  return trees.map(([tree]) => impurityOf(JSON.parse(String(tree)) as JsonObject, bare));
}

function impurityOf(tree: JsonObject, bare: ReadonlySet<string>): Impurity | null {
  if (tree.error_type === NO_SELECT) return MORE;
  const [statement, ...others] = Array.isArray(tree.statements) ? tree.statements : [];
  if (others.length > 0) return MORE;
  const root = isJsonObject(statement) ? statement.node : undefined;
  for (const node of nodesOf(tree)) {
    const found = callIn(node, bare) ?? otherRowsIn(node, root);
    if (found) return found;
  }
  return null;
}

/** The engine's own word, in `error_type`, for a text that is SQL and no SELECT, which is all that it serialises. */
const NO_SELECT = 'not implemented';
const MORE: Impurity = { what: 'is more than an expression', cure: 'Give one, without a semicolon.' };

function* nodesOf(value: JsonValue): Generator<JsonObject> {
  if (isJsonObject(value)) yield value;
  if (typeof value !== 'object' || value === null) return;
  for (const part of Object.values(value)) yield* nodesOf(part);
}

function callIn(node: JsonObject, bare: ReadonlySet<string>): Impurity | null {
  const called = lowerCase(node.function_name);
  const [column, ...more] = Array.isArray(node.column_names) ? node.column_names.map(lowerCase) : [];
  const name = called ?? (column && more.length === 0 && bare.has(column) ? column : null);
  if (!name) return null;
  if (name === 'age' && Array.isArray(node.children) && node.children.length === 1) {
    return { what: 'calls age() with one time', cure: 'Give it two: it counts to today.' };
  }
  const cure = CURES.get(name);
  return cure ? { what: `calls ${name}${called ? '()' : ''}`, cure } : null;
}

function otherRowsIn(node: JsonObject, root: JsonValue | undefined): Impurity | null {
  if (node.class === 'WINDOW') {
    return {
      what: `calls ${lowerCase(node.function_name)}() over other rows`,
      cure: 'Do it in a step, where rows have an order.',
    };
  }
  // The text stands in `SELECT (…)`, which reads nothing.
  const isOwn =
    node === root && node.type === 'SELECT_NODE' && isJsonObject(node.from_table) && node.from_table.type === 'EMPTY';
  const isQuery =
    typeof node.type === 'string' && /^(SELECT|SET_OPERATION|CTE|RECURSIVE_CTE|QUERY)_NODE$/.test(node.type);
  if (!isQuery || isOwn) return null;
  return {
    what: 'asks a query of its own',
    cure: 'Use list_sum, list_filter and the like for lists; take other data in by importArtifact, and join it in a step.',
  };
}

function lowerCase(value: JsonValue | undefined): string | null {
  return typeof value === 'string' ? value.toLowerCase() : null;
}
