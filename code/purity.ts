import type { AnyNode, Class, Expression, Node, PrivateIdentifier, Property, SpreadElement, Super } from 'acorn';

/**
 * What running an expression does to the world around it.
 *
 * - `inert`: nothing, and the bundler can tell: unused, it leaves by itself.
 * - `pure`: nothing, but the bundler cannot tell; it has to be told.
 * - `effects`: something, or we cannot tell: it has to stay in every bundle of its module.
 */
export type Purity = 'inert' | 'pure' | 'effects';

/** What is known of the names in a module. */
export interface ModuleNames {
  /** Declared or imported at the module's top level. */
  readonly local: ReadonlySet<string>;
  /** Imported from `millrace` or `zod`, whose functions only describe. */
  readonly declarative: ReadonlySet<string>;
  /** The module's text, where annotations stand. */
  readonly code: string;
}

const ORDER: readonly Purity[] = ['inert', 'pure', 'effects'];
const PURE_GLOBALS = new Set(['Array', 'BigInt', 'Boolean', 'JSON', 'Math', 'Number', 'Object', 'String', 'Symbol']);
const PURE_CONSTRUCTORS = new Set(
  'Map Set WeakMap WeakSet URL URLSearchParams Date RegExp Error TypeError RangeError Array Object Intl'
    .concat(' ArrayBuffer DataView Float32Array Float64Array Int8Array Int16Array Int32Array BigInt64Array Uint8Array')
    .concat(' Uint16Array Uint32Array BigUint64Array Uint8ClampedArray TextEncoder TextDecoder')
    .split(' '),
);
/** Methods of strings, arrays and iterators that change nothing; forEach, push, sort and their like are not here. */
const PURE_METHODS = new Set(
  'at concat entries every filter find findIndex flat flatMap includes indexOf join keys map padEnd padStart reduce'
    .concat(' repeat replace replaceAll slice some split startsWith endsWith substring toFixed toLowerCase toSorted')
    .concat(' toReversed toString toUpperCase trim trimEnd trimStart values')
    .split(' '),
);
const MUTATING_STATICS = new Set(['assign', 'defineProperty', 'defineProperties', 'setPrototypeOf']);

function worst(...purities: readonly Purity[]): Purity {
  return purities.reduce((left, right) => (ORDER.indexOf(left) >= ORDER.indexOf(right) ? left : right), 'inert');
}

type Evaluated = Expression | SpreadElement | Super | PrivateIdentifier | null | undefined;

export function purityOf(node: Evaluated, names: ModuleNames): Purity {
  if (node === null || node === undefined) return 'inert';
  const all = (nodes: readonly Evaluated[]): Purity => worst(...nodes.map((item) => purityOf(item, names)));
  switch (node.type) {
    case 'Literal':
    case 'FunctionExpression':
    case 'ArrowFunctionExpression':
    case 'ThisExpression':
    case 'PrivateIdentifier':
      return 'inert';
    case 'Identifier':
      return names.local.has(node.name) || node.name === 'undefined' ? 'inert' : 'pure';
    case 'MetaProperty':
      return 'pure';
    case 'TemplateLiteral':
      return node.expressions.length === 0 ? 'inert' : worst('pure', all(node.expressions));
    case 'ArrayExpression':
      return all(node.elements);
    case 'ObjectExpression':
      return worst(...node.properties.map((property) => purityOfProperty(property, names)));
    case 'SpreadElement':
      return worst('pure', purityOf(node.argument, names));
    case 'UnaryExpression':
      return node.operator === 'delete' ? 'effects' : worst('pure', purityOf(node.argument, names));
    case 'BinaryExpression':
      return worst('pure', all([node.left, node.right]));
    case 'LogicalExpression':
      return all([node.left, node.right]);
    case 'ConditionalExpression':
      return all([node.test, node.consequent, node.alternate]);
    case 'SequenceExpression':
      return all(node.expressions);
    case 'MemberExpression':
      return worst('pure', all([node.object, node.computed ? node.property : null]));
    case 'ChainExpression':
      return purityOf(node.expression, names);
    case 'ClassExpression':
      return purityOfClass(node, names);
    case 'NewExpression':
      return isGlobal(node.callee, PURE_CONSTRUCTORS, names) ? worst('pure', all(node.arguments)) : 'effects';
    case 'TaggedTemplateExpression':
      return isDescribing(node.tag, names) ? 'pure' : 'effects';
    case 'CallExpression':
      if (isDescribing(node.callee, names)) return 'pure';
      if (isAnnotated(node, names) || isPureCall(node.callee, names)) return worst('pure', all(node.arguments));
      return 'effects';
    default:
      return 'effects';
  }
}

/** A class runs its `extends`, its computed names and its static parts when it is declared. */
export function purityOfClass(node: Class | AnyNode, names: ModuleNames): Purity {
  if (node.type !== 'ClassDeclaration' && node.type !== 'ClassExpression') return 'effects';
  const parent = node.superClass;
  const parts = node.body.body.map((member): Purity => {
    if (member.type === 'StaticBlock') return 'effects';
    const key = member.computed ? worst('pure', purityOf(member.key, names)) : 'inert';
    return member.static && member.type === 'PropertyDefinition' ? worst(key, purityOf(member.value, names)) : key;
  });
  return worst(parent?.type === 'Identifier' ? 'inert' : purityOf(parent, names), ...parts);
}

function purityOfProperty(node: Property | SpreadElement, names: ModuleNames): Purity {
  if (node.type === 'SpreadElement') return purityOf(node, names);
  return worst(node.computed ? worst('pure', purityOf(node.key, names)) : 'inert', purityOf(node.value, names));
}

/** Whether a call starts at a name of `millrace` or `zod`: `z.object(…).extend(…)`, `defineStep(…).implement(…)`. */
function isDescribing(callee: Expression | Super, names: ModuleNames): boolean {
  if (callee.type === 'Identifier') return names.declarative.has(callee.name);
  if (callee.type === 'MemberExpression') return isDescribing(callee.object, names);
  if (callee.type === 'CallExpression') return isDescribing(callee.callee, names);
  return false;
}

function isPureCall(callee: Expression | Super, names: ModuleNames): boolean {
  if (isGlobal(callee, PURE_GLOBALS, names)) return true;
  if (callee.type !== 'MemberExpression' || callee.computed || callee.property.type !== 'Identifier') return false;
  const method = callee.property.name;
  if (isGlobal(callee.object, PURE_GLOBALS, names)) return !MUTATING_STATICS.has(method);
  return PURE_METHODS.has(method) && purityOf(callee.object, names) !== 'effects';
}

function isGlobal(node: Expression | Super, wanted: ReadonlySet<string>, names: ModuleNames): boolean {
  return node.type === 'Identifier' && wanted.has(node.name) && !names.local.has(node.name);
}

function isAnnotated(node: Node, names: ModuleNames): boolean {
  return /[@#]__PURE__\s*\*\/\s*\(?$/.test(names.code.slice(Math.max(0, node.start - 40), node.start));
}
