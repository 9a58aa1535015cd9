/** A name in SQL: `identifier('a"b')` is `"a""b"`. Any text is safe, but NUL, which no engine keeps. */
export function identifier(name: string): string {
  return `"${refuseNul(name).replaceAll('"', '""')}"`;
}

/** A text in SQL: `literal("it's")` is `'it''s'`. */
export function literal(text: string): string {
  return `'${refuseNul(text).replaceAll("'", "''")}'`;
}

/** A path as DuckDB's readers take it, with the characters that would make it a pattern taken literally. */
export function pathLiteral(path: string): string {
  return literal(path.replace(/[*?[]/g, '[$&]'));
}

function refuseNul(text: string): string {
  if (text.includes('\0')) throw new TypeError(`${JSON.stringify(text)} holds a NUL character, which SQL cannot say.`);
  return text;
}
