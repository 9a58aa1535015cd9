/**
 * A glob as an expression over relative paths with `/`: `*` and `?` within a name, `**` over folders, `{a,b}` for
 * either.
 *
 * @example globExpression('models/**' + '/*.{json,txt}').test('models/a/b.txt') // true
 */
export function globExpression(glob: string): RegExp {
  const tokens = /\*\*\/|\*\*|\*|\?|\{([^{}]*)\}|[^*?{]+|\{/g;
  const source = glob.replace(tokens, (token, choices: string | undefined) => {
    if (token === '**/') return '(?:[^/]+/)*';
    if (token === '**') return '.*';
    if (token === '*') return '[^/]*';
    if (token === '?') return '[^/]';
    if (choices !== undefined)
      return `(?:${choices
        .split(',')
        .map((item) => globExpression(item).source.slice(1, -1))
        .join('|')})`;
    return token.replace(/[.+^$()|[\]\\{}/-]/g, '\\$&');
  });
  return new RegExp(`^${source}$`);
}

export function isGlob(text: string): boolean {
  return /[*?{]/.test(text);
}
