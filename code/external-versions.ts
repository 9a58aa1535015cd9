import { CodeError } from './code-error.ts';

/** The versions of a step's external packages, for its manifest. `millrace` goes by the runtime interface. */
export function externalVersions(
  step: string,
  names: readonly string[],
  installed: ReadonlyMap<string, string>,
): Readonly<Record<string, string>> {
  const versions: Record<string, string> = {};
  for (const name of names.filter((item) => item !== 'millrace')) {
    const version = installed.get(name);
    if (version === undefined) {
      throw new CodeError(
        'importNotFound',
        `Step '${step}' imports ${name}, which is not installed: npm install ${name}`,
      );
    }
    versions[name] = version;
  }
  return versions;
}
