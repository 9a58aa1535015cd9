import { ApiUnreachable } from '../../server/client.ts';
import type { Place } from '../place.ts';
import { nextOf } from '../report-error.ts';
import { apiClient } from '../system/api-client.ts';
import { apiUrl } from '../system/with-api.ts';
import { type Check, ok } from './check.ts';

/** The API that MILLRACE_API_URL names: whether it is well, and takes what this command's user asks. */
export async function checkNamedApi({ project }: Place, named: string): Promise<Check> {
  const which = `${named} (MILLRACE_API_URL), project ${project}`;
  try {
    const client = apiClient(apiUrl(named), project);
    const { ready, metadata } = await client.readiness();
    if (!ready) {
      const found = `${which}: ${metadata ? 'Temporal' : 'its database'} does not answer there`;
      return {
        name: 'system',
        status: 'missing',
        found,
        cure: `Start it, or look at that API's log: runs wait for it.`,
      };
    }
    // What needs no token says nothing of the token and the project.
    await client.runs({ limit: 1 });
    return ok('system', `${which}: ready, and takes requests from here`);
  } catch (error) {
    const what = error instanceof Error ? error.message : String(error);
    return { name: 'system', status: 'missing', found: `${which}: ${what}`, cure: cureOf(error) };
  }
}

function cureOf(error: unknown): string {
  if (error instanceof ApiUnreachable)
    return 'Start that API, or correct MILLRACE_API_URL; without it the system of the home is asked.';
  return nextOf(error) ?? 'Correct MILLRACE_API_TOKEN_FILE or MILLRACE_API_TOKEN.';
}
