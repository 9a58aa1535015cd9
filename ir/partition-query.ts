/** A literal, in which braces are the query's own, or a name in braces. */
const PARTS = /'(?:[^']|'')*'|\{([^}]*)\}/g;

/** Names in braces that stand in a query, those in its literals left out. */
export function namesInQuery(query: string): readonly string[] {
  return [...query.matchAll(PARTS)].flatMap(([, name]) => (name === undefined ? [] : [name]));
}

/** Its literals, without their quotes. */
export function literalsInQuery(query: string): readonly string[] {
  return [...query.matchAll(PARTS)].flatMap(([text, name]) => (name === undefined ? [text.slice(1, -1)] : []));
}

export interface BoundQuery {
  readonly text: string;
  readonly values: readonly string[];
}

/**
 * A query with a parameter for each name in braces, so that no value is ever read as SQL. Each place has a parameter of its own:
 * the same value may be a date in one and a text in another.
 *
 * @example bindQuery('SELECT count(*) FROM t WHERE day = {day}', () => '2026-01-01').text // '… WHERE day = $1'
 */
export function bindQuery(query: string, valueFor: (name: string) => string): BoundQuery {
  const values: string[] = [];
  const text = query.replace(PARTS, (part, name: string | undefined) => {
    if (name === undefined) return part;
    values.push(valueFor(name));
    return `$${values.length}`;
  });
  return { text, values };
}
