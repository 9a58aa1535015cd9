import type { AnyNode, CallExpression, Expression, LogicalExpression, Program } from 'acorn';
import type MagicString from 'magic-string';

/** What of `millrace` takes tests. */
const TESTING = new Set(['when', 'loop', 'and', 'or', 'not']);
const CHECK = 'millrace$tested';

/** A place where JavaScript asks whether something is true. */
interface TruthTest {
  /** As the author wrote it: `if (a)`, `!a`, `a && b`. */
  readonly form: string;
  readonly start: number;
  readonly end: number;
  /** The variable that is asked about before what stands there; null where it is asked about itself. */
  readonly asked: string | null;
}

/**
 * Makes a reference throw, while the pipeline is described, where JavaScript asks whether it is true: `if (ok)`, `!ok`,
 * `ok && safe`. It always is, for a reference is there, so that a branch or one side of a test would be dropped; and
 * TypeScript cannot refuse it.
 *
 * Only a reference to a boolean: of any other a file may ask whether it made it at all. Nobody asks that before `&&` or
 * `||` where `when`, `loop`, `and`, `or` and `not` take a test: there any reference throws.
 */
export function refuseTruthTests(text: MagicString, program: Program): void {
  const names = testingNames(program);
  const inTests = new Set<AnyNode>();
  let found = 0;
  const visit = (value: unknown): void => {
    if (typeof value !== 'object' || value === null) return;
    const node = value as AnyNode;
    if (node.type === 'CallExpression') for (const logical of logicalsIn(node, names)) inTests.add(logical);
    const test = truthTestIn(node);
    if (test !== null) {
      found += 1;
      const { start, end, asked } = test;
      const call = `${CHECK}(${JSON.stringify(test.form)}, ${inTests.has(node)}, `;
      if (asked === null) text.appendLeft(start, call).appendRight(end, ')');
      else text.appendLeft(start, `(${call}${asked}), `).appendRight(end, ')');
    }
    Object.values(node).forEach(visit);
  };
  visit(program);
  if (found > 0) text.append(`\n;${checkFunction()}\n`);
}

function truthTestIn(node: AnyNode): TruthTest | null {
  switch (node.type) {
    case 'IfStatement':
      return testOf('if (a)', node.test);
    case 'WhileStatement':
    case 'DoWhileStatement':
      return testOf('while (a)', node.test);
    case 'ForStatement':
      return node.test ? testOf('for (…; a; …)', node.test) : null;
    case 'ConditionalExpression':
      return testOf('a ? b : c', node.test);
    case 'UnaryExpression':
      return node.operator === '!' ? testOf('!a', node.argument) : null;
    case 'LogicalExpression':
      return node.operator === '??' ? null : testOf(`a ${node.operator} b`, node.left);
    case 'AssignmentExpression': {
      const { operator, left, start, end } = node;
      if ((operator !== '&&=' && operator !== '||=') || left.type !== 'Identifier') return null;
      return { form: `a ${operator.slice(0, 2)} b`, start, end, asked: left.name };
    }
    default:
      return null;
  }
}

/** Of `a, b` nobody asks whether it is true, and as an argument it would be two. */
function testOf(form: string, { type, start, end }: Expression): TruthTest | null {
  return type === 'SequenceExpression' ? null : { form, start, end, asked: null };
}

/** Hoisted. The stack begins where it is called, which is the author's line. */
function checkFunction(): string {
  const cures = {
    'a && b': 'Write and(a, b).',
    'a || b': 'Write or(a, b); or a ?? b, for a reference that the file may not have made.',
    '!a': 'Write not(a).',
  };
  const told = `'\`' + form + '\` asks whether ' + state.title + ' is true, which it always is: it stands for a value that comes when the pipeline runs. '`;
  const cure = `(${JSON.stringify(cures)}[form] ?? 'Write when(a, { do: …, otherwise: … }).')`;
  return (
    `function ${CHECK}(form, isAny, it) { ` +
    `const state = typeof it === 'object' && it !== null ? it[Symbol.for('millrace.ref')] : undefined; ` +
    `if (!state || (!isAny && state.schema?.type !== 'boolean')) return it; ` +
    `const error = new Error(${told} + ${cure}); Error.captureStackTrace(error, ${CHECK}); throw error; }`
  );
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

function logicalsIn(call: CallExpression, names: ReadonlyMap<string, string>): readonly LogicalExpression[] {
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
