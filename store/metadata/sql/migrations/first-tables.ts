import type { CompiledQuery, CreateTableBuilder, Kysely } from 'kysely';
import type { Migration } from './migration.ts';

/** A table whose columns are `name` or, where it may be null, `name?`. Its key begins with `project`. */
interface TableShape {
  readonly name: string;
  readonly key: readonly string[];
  readonly text?: readonly string[];
  /** Whole numbers, times in milliseconds among them. */
  readonly whole?: readonly string[];
  readonly real?: readonly string[];
  readonly unique?: readonly (readonly string[])[];
}

const TABLES: readonly TableShape[] = [
  {
    name: 'pipeline_versions',
    key: ['pipeline', 'version'],
    text: ['pipeline', 'compiled_digest', 'ir_digest', 'submitted_by'],
    whole: ['version', 'created_at'],
    unique: [['pipeline', 'compiled_digest']],
  },
  {
    name: 'runs',
    key: ['id'],
    text: [
      ...['id', 'pipeline', 'compiled_digest', 'name?', 'driver', 'workflow_id?', 'runner', 'params', 'status'],
      ...['output', 'error?', 'submitted_by', 'retry_of?', 'logical_time?', 'partition?'],
    ],
    whole: ['pipeline_version', 'created_at', 'started_at?', 'ended_at?'],
  },
  {
    name: 'tasks',
    key: ['run_id', 'path'],
    text: ['run_id', 'path', 'kind', 'step?', 'status', 'input', 'output', 'failure', 'cache', 'detail'],
    whole: ['sequence', 'at', 'started_at?', 'ended_at?'],
  },
  {
    name: 'attempts',
    key: ['run_id', 'path', 'attempt'],
    text: ['run_id', 'path', 'delivery', 'status', 'worker', 'queue', 'failure', 'message?'],
    whole: ['attempt', 'started_at', 'ended_at?'],
    real: ['progress?'],
  },
  {
    name: 'log_chunks',
    key: ['run_id', 'path', 'attempt', 'delivery', 'chunk'],
    text: ['run_id', 'path', 'delivery', 'lines'],
    whole: ['attempt', 'chunk', 'position'],
    unique: [['run_id', 'position']],
  },
  {
    name: 'checkpoints',
    key: ['run_id', 'path'],
    text: ['run_id', 'path', 'value'],
    whole: ['attempt', 'saved_at'],
  },
  {
    name: 'metrics',
    key: ['run_id', 'path', 'name', 'step'],
    text: ['run_id', 'path', 'name'],
    whole: ['step'],
    real: ['value?'],
  },
  {
    name: 'artifacts',
    key: ['digest', 'kind'],
    text: ['digest', 'kind', 'uri', 'metadata'],
    whole: ['size', 'created_at'],
  },
  {
    name: 'lineage',
    key: ['run_id', 'path', 'direction', 'digest'],
    text: ['run_id', 'path', 'direction', 'digest'],
  },
  {
    name: 'cache_entries',
    key: ['key'],
    text: ['key', 'step', 'output', 'run_id', 'path', 'parts'],
    whole: ['created_at'],
  },
  {
    name: 'model_versions',
    key: ['model', 'version'],
    text: ['model', 'digest', 'artifact', 'evidence', 'run_id?', 'task_path?', 'created_by'],
    whole: ['version', 'created_at'],
    unique: [['model', 'digest']],
  },
  {
    name: 'alias_moves',
    key: ['model', 'position'],
    text: ['model', 'alias', 'moved_by', 'reason', 'run_id?', 'evidence'],
    whole: ['position', 'from_version?', 'to_version?', 'at'],
  },
  {
    name: 'endpoints',
    key: ['name'],
    text: ['name', 'traffic', 'updated_by'],
    whole: ['generation', 'updated_at'],
  },
  { name: 'replicas', key: ['id'], text: ['id', 'url', 'applied'], whole: ['lease_until'] },
  {
    name: 'workers',
    key: ['id'],
    text: ['id', 'queues', 'host', 'capacity', 'externals', 'details'],
    whole: ['pid', 'started_at', 'lease_until'],
  },
];

const INDEXES: readonly (readonly [table: string, ...columns: string[]])[] = [
  ['pipeline_versions', 'project', 'compiled_digest'],
  ['runs', 'project', 'created_at', 'id'],
  ['runs', 'project', 'pipeline', 'created_at', 'id'],
  ['runs', 'project', 'status', 'created_at', 'id'],
  ['lineage', 'project', 'digest'],
  ['cache_entries', 'project', 'step', 'path', 'created_at'],
];

export const firstTables: Migration = {
  version: 1,
  statements: (db) => [...TABLES.map((table) => createTable(db, table)), createAliases(db), ...createIndexes(db)],
};

function createTable(db: Kysely<unknown>, shape: TableShape): CompiledQuery {
  // The builder's type knows only columns that are spelled out in code; these come from the list above.
  let table = db.schema.createTable(shape.name) as CreateTableBuilder<string, string>;
  table = table.addColumn('project', 'text', (column) => column.notNull());
  const add = (type: 'text' | 'bigint' | 'double precision', columns: readonly string[] = []) => {
    for (const column of columns) {
      const name = column.replace('?', '');
      table = table.addColumn(name, type, (builder) => (column.endsWith('?') ? builder : builder.notNull()));
    }
  };
  add('text', shape.text);
  add('bigint', shape.whole);
  add('double precision', shape.real);
  table = table.addPrimaryKeyConstraint(`${shape.name}_key`, ['project', ...shape.key]);
  for (const [index, columns] of (shape.unique ?? []).entries()) {
    table = table.addUniqueConstraint(`${shape.name}_unique_${index + 1}`, ['project', ...columns]);
  }
  return table.compile();
}

/** An alias names a version that exists. */
function createAliases(db: Kysely<unknown>): CompiledQuery {
  return db.schema
    .createTable('aliases')
    .addColumn('project', 'text', (column) => column.notNull())
    .addColumn('model', 'text', (column) => column.notNull())
    .addColumn('alias', 'text', (column) => column.notNull())
    .addColumn('version', 'bigint', (column) => column.notNull())
    .addColumn('updated_at', 'bigint', (column) => column.notNull())
    .addPrimaryKeyConstraint('aliases_key', ['project', 'model', 'alias'])
    .addForeignKeyConstraint('aliases_version', ['project', 'model', 'version'], 'model_versions', [
      'project',
      'model',
      'version',
    ])
    .compile();
}

function createIndexes(db: Kysely<unknown>): readonly CompiledQuery[] {
  return INDEXES.map(([table, ...columns]) =>
    db.schema
      .createIndex(`${table}_by_${columns.slice(1).join('_')}`)
      .on(table)
      .columns(columns)
      .compile(),
  );
}
