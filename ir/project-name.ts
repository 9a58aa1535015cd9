const PROJECT = /^[a-z0-9][a-z0-9_-]{0,62}$/;

/**
 * Projects name folders, prefixes and rows, on file systems that do not tell upper case from lower among them.
 *
 * @throws RangeError saying what a name may be.
 */
export function checkProjectName(name: string): string {
  if (PROJECT.test(name)) return name;
  throw new RangeError(
    `'${name}' cannot name a project (--project, or MILLRACE_PROJECT): use 1 to 63 lower-case letters, digits, '-' and '_', beginning with a letter or digit.`,
  );
}
