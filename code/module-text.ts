import MagicString from 'magic-string';
import { MODULE_URL, REGISTER } from './evaluate-common-js.ts';
import { DEFAULT_BINDING, type Initialiser, type ModuleOutline } from './module-outline.ts';
import { refuseTruthTests } from './truth-tests.ts';
import type { UserModule } from './user-module.ts';

/*
 * The two texts of a user's module: one to load it with, which tells what value each top-level name got, and one to
 * package it with, which tells the bundler what may leave unused. Both keep the lines of `module.code`.
 */

const PURE = '/* @__PURE__ */ ';

export function textForLoading(module: UserModule, outline: ModuleOutline, moduleUrl: string): string {
  const text = commonText(module, outline);
  refuseTruthTests(text, module.program);
  text.replaceAll(MODULE_URL, JSON.stringify(moduleUrl));
  text.append(`\n;${REGISTER}(${JSON.stringify(module.file)}, { ${outline.values.join(', ')} });\n`);
  return text.toString() + module.mapComment;
}

/**
 * Its map leads on to the author's source, so that the map of what is made of it does, too.
 *
 * @param isPure whether an initialiser may leave with its name.
 * @param wanted names that an entry needs to import.
 */
export function textForPackaging(
  module: UserModule,
  outline: ModuleOutline,
  isPure: (initialiser: Initialiser) => boolean,
  wanted: ReadonlySet<string>,
): string {
  const text = commonText(module, outline);
  for (const initialiser of outline.initialisers) {
    if (initialiser.purity === 'inert' || !isPure(initialiser)) continue;
    text.appendLeft(initialiser.init.start, `${PURE}(() => (`).appendRight(initialiser.init.end, '))()');
  }
  for (const declared of outline.pureClasses) {
    text.appendLeft(declared.start, `let ${declared.id.name} = ${PURE}(() => `).appendRight(declared.end, ')();');
  }
  for (const name of wanted) {
    if (!outline.exported.has(name)) text.append(`\nexport { ${name} as ${entryName(outline, name)} };`);
  }
  return `${text.toString()}\n${module.mapComment}`;
}

/** The name under which an entry imports a top-level value: its own export, or one reserved for this. */
export function entryName(outline: ModuleOutline, name: string): string {
  return outline.exported.get(name) ?? `millrace$step$${name}`;
}

function commonText(module: UserModule, { defaultExport, dynamicImports }: ModuleOutline): MagicString {
  const text = new MagicString(module.code);
  if (defaultExport !== null) {
    text.overwrite(defaultExport.start, defaultExport.declaration.start, `const ${DEFAULT_BINDING} = `);
    text.append(`\nexport { ${DEFAULT_BINDING} as default };`);
  }
  // Imported by name, a module leaves with the step that asks for it. Asked for by a call, it would change shape in the
  // bundles of all other steps that use it.
  for (const [index, { node, specifier }] of dynamicImports.entries()) {
    const name = `millrace$import${index}`;
    const statement = module.program.body.find(({ start, end }) => start <= node.start && node.end <= end);
    text.overwrite(node.start, node.end, `Promise.resolve(${name})`);
    text.appendLeft(statement?.start ?? 0, `import * as ${name} from ${JSON.stringify(specifier)}; `);
  }
  return text;
}
