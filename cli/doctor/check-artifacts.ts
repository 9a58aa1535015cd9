import { tryArtifacts } from '../../server/try-artifacts.ts';
import type { Place } from '../place.ts';
import { type Check, ok } from './check.ts';

/** A bucket has to be there, and to take what is written. A folder is looked at with its home. */
export async function checkArtifacts(place: Place, env: NodeJS.ProcessEnv): Promise<Check> {
  const name = 'artifacts';
  try {
    const found = await tryArtifacts(env, place);
    return ok(name, found === null ? 'in the home folder' : `${found} can be written and read`);
  } catch (error) {
    const found = error instanceof Error ? error.message : String(error);
    const cure = 'No process starts without it. Correct what is named, or take MILLRACE_ARTIFACTS away for a folder.';
    return { name, status: 'missing', found, cure };
  }
}
