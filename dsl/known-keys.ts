import { nearestName } from '../ir/nearest-name.ts';
import { CompileError } from './compile-error.ts';

/** All keys of a type, the optional ones too: where one is missing here, the TypeScript compiler says so. */
export type KeysOf<T> = Readonly<Record<keyof T, true>>;

/**
 * Refuses keys that nothing reads. `tsc` refuses them too, but a pipeline file is compiled and run without it, and what is
 * misspelt would be left out without a word.
 *
 * @param subject whose they are, for people: `Pipeline 'flights'`
 * @throws CompileError `unknownField`
 * @example refuseUnknownKeys("Pipeline 'flights'", { trigers: [] }, PIPELINE_KEYS) // … did you mean triggers?
 */
export function refuseUnknownKeys(subject: string, given: object, known: Readonly<Record<string, true>>): void {
  const unknown = Object.keys(given).find((key) => !Object.hasOwn(known, key));
  if (unknown === undefined) return;
  const names = Object.keys(known);
  const near = nearestName(unknown, names);
  const cure = near === null ? `it has ${names.join(', ')}.` : `did you mean ${near}?`;
  throw new CompileError('unknownField', `${subject} has no option '${unknown}'; ${cure}`);
}
