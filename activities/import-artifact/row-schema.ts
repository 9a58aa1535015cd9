import { type ColumnKind, type ColumnSchema, DataError, expectColumns } from '../../data/index.ts';
import { isJsonObject, type JsonObject, type JsonValue } from '../../ir/json.ts';

/**
 * Checks a table's columns against the JSON Schema of its rows: that each required property is a column, of a kind that
 * the property's type can be read from. Columns beyond those are allowed. A text with `format: date-time` is a time.
 *
 * @throws DataError `missingColumn` or `columnType`, naming file, column, what it is and what is due.
 */
export function checkRows(path: string, columns: readonly ColumnSchema[], schema: JsonObject): void {
  const properties = isJsonObject(schema.properties) ? schema.properties : {};
  const required = Array.isArray(schema.required) ? schema.required : [];
  const kinds = columnKinds(schema);
  for (const name of Object.keys(properties)) {
    const present = columns.some((column) => column.name === name);
    if (!present && required.includes(name)) throw new DataError('missingColumn', missing(path, name, columns));
    const kind = kinds.get(name);
    if (present && kind) expectColumns(path, columns, { [name]: kind });
  }
}

/** What the schema of the rows has columns be, where that is one kind. */
export function columnKinds(schema: JsonObject): ReadonlyMap<string, ColumnKind> {
  const properties = isJsonObject(schema.properties) ? schema.properties : {};
  return new Map(
    Object.entries(properties).flatMap(([name, property]): [string, ColumnKind][] => {
      const [kind, ...others] = new Set(kindsOf(property));
      return kind && others.length === 0 ? [[name, kind]] : [];
    }),
  );
}

function missing(path: string, name: string, columns: readonly ColumnSchema[]): string {
  return `${path} has no column '${name}'. Its columns are: ${columns.map((column) => column.name).join(', ')}.`;
}

/** None where the schema says nothing that a column's type could break. */
function kindsOf(property: JsonValue): readonly ColumnKind[] {
  if (!isJsonObject(property)) return [];
  if (Array.isArray(property.anyOf)) return property.anyOf.flatMap(kindsOf);
  const types = Array.isArray(property.type) ? property.type : [property.type];
  return types.flatMap((type) => kindOf(type, property.format));
}

function kindOf(type: JsonValue | undefined, format: JsonValue | undefined): readonly ColumnKind[] {
  if (type === 'integer' || type === 'number' || type === 'boolean') return ['number'];
  if (type !== 'string') return [];
  return format === 'date-time' || format === 'date' ? ['time'] : ['text'];
}
