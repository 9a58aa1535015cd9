import type {
  AnyNode,
  ClassDeclaration,
  ExportDefaultDeclaration,
  Expression,
  ImportExpression,
  Pattern,
  Program,
  VariableDeclaration,
} from 'acorn';
import { isExternal } from './externals.ts';
import { type ModuleNames, purityOf, purityOfClass } from './purity.ts';
import type { UserModule } from './user-module.ts';

/** The name that a module's default export gets, so that it is a top-level value like the others. */
export const DEFAULT_BINDING = 'millrace$default';

/** The top level of a module, as packaging has to see it. */
export interface ModuleOutline {
  /** Names that `const`, `let` and `var` give at the top level, and `DEFAULT_BINDING`. */
  readonly values: readonly string[];
  /** Top-level name to a name under which it is exported. */
  readonly exported: ReadonlyMap<string, string>;
  readonly initialisers: readonly Initialiser[];
  readonly defaultExport: ExportDefaultDeclaration | null;
  /** Classes that do nothing when declared, in a way the bundler cannot see. */
  readonly pureClasses: readonly ClassDeclaration[];
  /** Statements that do something when the module is loaded, those of `initialisers` aside. */
  readonly effects: readonly AnyNode[];
  /** `import './x'`: what is imported for what it does. */
  readonly bareImports: readonly string[];
  /** `import('./x')` of a constant path. */
  readonly dynamicImports: readonly { readonly node: ImportExpression; readonly specifier: string }[];
}

/** `const name = init` at the top level. */
export interface Initialiser {
  readonly name: string;
  readonly init: Expression;
  readonly statement: AnyNode;
  readonly purity: ReturnType<typeof purityOf>;
}

export function outlineOf(module: UserModule): ModuleOutline {
  const names = namesOf(module);
  const outline = {
    values: [] as string[],
    exported: exportedNames(module.program),
    initialisers: [] as Initialiser[],
    defaultExport: null as ExportDefaultDeclaration | null,
    pureClasses: [] as ClassDeclaration[],
    effects: [] as AnyNode[],
    bareImports: [] as string[],
    dynamicImports: dynamicImportsIn(module.program),
  };
  for (const statement of module.program.body) {
    if (statement.type === 'ImportDeclaration') {
      if (statement.specifiers.length === 0) outline.bareImports.push(String(statement.source.value));
    } else if (statement.type === 'ExportDefaultDeclaration') {
      const { declaration } = statement;
      if (declaration.type === 'FunctionDeclaration' || declaration.type === 'ClassDeclaration') continue;
      outline.defaultExport = statement;
      const purity = purityOf(declaration, names);
      outline.initialisers.push({ name: DEFAULT_BINDING, init: declaration, statement, purity });
    } else {
      const declared = statement.type === 'ExportNamedDeclaration' ? statement.declaration : statement;
      if (declared) outlineStatement(declared, names, outline);
    }
  }
  outline.values.push(...outline.initialisers.map(({ name }) => name));
  return outline;
}

interface OpenOutline {
  readonly values: string[];
  readonly initialisers: Initialiser[];
  readonly pureClasses: ClassDeclaration[];
  readonly effects: AnyNode[];
}

function outlineStatement(statement: AnyNode, names: ModuleNames, outline: OpenOutline): void {
  switch (statement.type) {
    case 'FunctionDeclaration':
    case 'EmptyStatement':
    case 'ExportAllDeclaration':
      return;
    case 'VariableDeclaration':
      outlineVariables(statement, names, outline);
      return;
    case 'ClassDeclaration': {
      const purity = purityOfClass(statement, names);
      if (purity === 'pure' && statement.id !== null) outline.pureClasses.push(statement as ClassDeclaration);
      if (purity === 'effects') outline.effects.push(statement);
      return;
    }
    case 'ExpressionStatement':
      if (purityOf(statement.expression, names) !== 'inert') outline.effects.push(statement);
      return;
    default:
      outline.effects.push(statement);
  }
}

function outlineVariables(statement: VariableDeclaration, names: ModuleNames, outline: OpenOutline): void {
  for (const { id, init } of statement.declarations) {
    if (id.type !== 'Identifier') {
      // Taking a value apart may run getters and iterators: the bundler keeps it, and so all that the value holds.
      outline.values.push(...namesInPattern(id));
      outline.effects.push(statement);
    } else if (init) {
      outline.initialisers.push({ name: id.name, init, statement, purity: purityOf(init, names) });
    }
  }
}

function namesOf(module: UserModule): ModuleNames {
  const local = new Set<string>();
  const declarative = new Set<string>();
  for (const statement of module.program.body) {
    if (statement.type === 'ImportDeclaration') {
      const source = String(statement.source.value);
      for (const { local: name } of statement.specifiers) {
        local.add(name.name);
        if (/^(?:millrace|zod)(?:\/|$)/.test(source)) declarative.add(name.name);
      }
    }
    const declared = statement.type === 'ExportNamedDeclaration' ? statement.declaration : statement;
    if (declared?.type === 'VariableDeclaration') {
      for (const { id } of declared.declarations) for (const name of namesInPattern(id)) local.add(name);
    } else if ((declared?.type === 'FunctionDeclaration' || declared?.type === 'ClassDeclaration') && declared.id) {
      local.add(declared.id.name);
    }
  }
  return { local, declarative, code: module.code };
}

function namesInPattern(pattern: Pattern): readonly string[] {
  switch (pattern.type) {
    case 'Identifier':
      return [pattern.name];
    case 'ObjectPattern':
      return pattern.properties.flatMap((item) =>
        namesInPattern(item.type === 'RestElement' ? item.argument : item.value),
      );
    case 'ArrayPattern':
      return pattern.elements.flatMap((item) => (item === null ? [] : namesInPattern(item)));
    case 'RestElement':
      return namesInPattern(pattern.argument);
    case 'AssignmentPattern':
      return namesInPattern(pattern.left);
    default:
      return [];
  }
}

function exportedNames(program: Program): ReadonlyMap<string, string> {
  const exported = new Map<string, string>();
  for (const statement of program.body) {
    if (statement.type === 'ExportDefaultDeclaration') exported.set(DEFAULT_BINDING, 'default');
    if (statement.type !== 'ExportNamedDeclaration' || statement.source) continue;
    if (statement.declaration?.type === 'VariableDeclaration') {
      for (const { id } of statement.declaration.declarations)
        for (const name of namesInPattern(id)) exported.set(name, name);
    }
    for (const { local, exported: as } of statement.specifiers) {
      if (local.type === 'Identifier' && as.type === 'Identifier') exported.set(local.name, as.name);
    }
  }
  return exported;
}

function dynamicImportsIn(program: Program): ModuleOutline['dynamicImports'] {
  const found: { node: ImportExpression; specifier: string }[] = [];
  const visit = (value: unknown): void => {
    if (typeof value !== 'object' || value === null) return;
    const node = value as AnyNode;
    if (node.type === 'ImportExpression' && node.source.type === 'Literal' && !node.options) {
      const specifier = String(node.source.value);
      // One of a worker's packages can wait until it is asked for; whether it is there was asked before.
      if (!isExternal(specifier) && !specifier.startsWith('node:')) found.push({ node, specifier });
    }
    Object.values(node).forEach(visit);
  };
  visit(program);
  return found;
}
