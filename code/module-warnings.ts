import type { StepBundle } from './bundle-steps.ts';
import type { CodeWarning } from './code-warning.ts';
import { MODULE_URL } from './evaluate-common-js.ts';
import type { LoadedModule, LoadedModules } from './load-modules.ts';
import { relativePath } from './source-location.ts';

const EFFECT =
  'runs whenever the module is loaded, so it is part of every step that uses the module, and an edit of it changes ' +
  'the digests of them all. Move it into the handler that needs it, or into a module of its own.';
const LOCATION =
  'asks where the source lies. In a run that is the folder of the package, where no other source is: pass the file ' +
  'in as an artifact, or import it.';

/**
 * What packaging cannot do for the modules of which steps have something.
 *
 * @param kept the initialisers of a module that have to stay, whoever uses their names.
 */
export function warningsOf(
  { folder, modules }: LoadedModules,
  bundles: Iterable<StepBundle>,
  kept: (module: LoadedModule) => LoadedModule['outline']['initialisers'],
): readonly CodeWarning[] {
  const used = new Set<string>();
  const located = new Set<string>();
  for (const { files, bytes } of bundles) {
    const asks = Buffer.from(bytes).includes(MODULE_URL);
    for (const file of files) {
      used.add(file);
      if (asks) located.add(file);
    }
  }
  return [...modules].flatMap(([path, loaded]) => {
    const file = relativePath(folder, path);
    const effects = used.has(path) ? effectsOf(loaded, kept(loaded)) : [];
    const locations = located.has(path) ? locationsIn(loaded) : [];
    return [
      ...effects.map((line) => ({ line, text: EFFECT })),
      ...locations.map((line) => ({ line, text: LOCATION })),
    ].map(({ line, text }) => {
      const statement = loaded.module.source.split('\n')[line - 1]?.trim() ?? '';
      return { file, line, statement, message: `${file}:${line}: \`${statement}\` ${text}` };
    });
  });
}

function effectsOf(
  { module, outline }: LoadedModule,
  kept: LoadedModule['outline']['initialisers'],
): readonly number[] {
  const statements = new Set([...outline.effects, ...kept.map(({ statement }) => statement)]);
  return [...statements]
    .sort((left, right) => left.start - right.start)
    .map(({ loc }) => module.originalLine(loc?.start.line ?? 1, loc?.start.column ?? 0));
}

function locationsIn({ module }: LoadedModule): readonly number[] {
  const lines = module.source.split('\n');
  return lines.flatMap((line, index) => (line.includes('import.meta.url') ? [index + 1] : []));
}
