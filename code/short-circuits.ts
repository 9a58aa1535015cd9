import type { AnyNode, CallExpression, Expression, LogicalExpression, Program } from 'acorn';
import type MagicString from 'magic-string';

const TESTING = new Set(['when', 'loop', 'and', 'or', 'not']);

/**
 * Makes `ok && gte(…)` and `ok || gte(…)`, with a reference before it, throw while the pipeline is described. TypeScript
 * cannot refuse it, for either side is a test; and it would drop one, for a reference is always there.
 *
 * Only where `when`, `loop`, `and`, `or` and `not` take tests: elsewhere a file may ask whether it made a reference.
 */
export function refuseShortCircuits(text: MagicString, program: Program): void {
  const names = testingNames(program);
  const seen = new Set<LogicalExpression>();
  const visit = (value: unknown): void => {
    if (typeof value !== 'object' || value === null) return;
    const node = value as AnyNode;
    if (node.type === 'CallExpression') for (const found of inTests(node, names)) seen.add(found);
    Object.values(node).forEach(visit);
  };
  if (names.size > 0) visit(program);
  for (const { operator, left } of seen) {
    text.appendLeft(left.start, `${checkBefore(operator)}(`).appendRight(left.end, ')');
  }
}

/** On one line, and in its place: from there the stack tells the author's line. */
function checkBefore(operator: string): string {
  const cure = operator === '&&' ? 'and(a, b)' : 'or(a, b); or a ?? b, for a reference that the file may not have made';
  const message = `\`a ${operator} b\` with a reference before it tests one side only, for a reference is always there. Write ${cure}.`;
  const isRef = `typeof it === 'object' && it !== null && Symbol.for('millrace.ref') in it`;
  return `((it) => { if (${isRef}) throw new Error(${JSON.stringify(message)}); return it; })`;
}

/** Local name to the name in `millrace`, of what takes tests. */
function testingNames(program: Program): ReadonlyMap<string, string> {
  const names = new Map<string, string>();
  for (const statement of program.body) {
    if (statement.type !== 'ImportDeclaration' || statement.source.value !== 'millrace') continue;
    for (const each of statement.specifiers) {
      if (each.type !== 'ImportSpecifier' || each.imported.type !== 'Identifier') continue;
      if (TESTING.has(each.imported.name)) names.set(each.local.name, each.imported.name);
    }
  }
  return names;
}

function inTests(call: CallExpression, names: ReadonlyMap<string, string>): readonly LogicalExpression[] {
  const name = call.callee.type === 'Identifier' ? names.get(call.callee.name) : undefined;
  if (name === undefined) return [];
  const [first, second] = call.arguments;
  if (name === 'loop') return logicals(field(second, 'until'));
  if (name !== 'when') return call.arguments.flatMap(logicals);
  const further = field(second, 'elseWhen');
  const branches = further?.type === 'ArrayExpression' ? further.elements : [];
  return [first, ...branches.map((branch) => field(branch, 'condition'))].flatMap(logicals);
}

function field(node: AnyNode | null | undefined, name: string): Expression | undefined {
  const properties = node?.type === 'ObjectExpression' ? node.properties : [];
  for (const each of properties) {
    if (each.type === 'Property' && each.key.type === 'Identifier' && each.key.name === name) return each.value;
  }
  return undefined;
}

/** The `&&` and `||` whose value is the test, outer ones first. */
function logicals(node: AnyNode | undefined): readonly LogicalExpression[] {
  if (node?.type === 'ArrowFunctionExpression') return logicals(node.body);
  if (node?.type !== 'LogicalExpression' || node.operator === '??') return [];
  return [node, ...logicals(node.left), ...logicals(node.right)];
}
