import type { ApiClient } from '../../server/client.ts';
import type { Place } from '../place.ts';
import { nextOf } from '../report-error.ts';
import { runningApi } from '../system/with-api.ts';
import { type Check, ok } from './check.ts';

/** Whether the workers that are up can read what the tasks of pipelines do; while none is up, nobody can tell. */
export async function checkSecrets(place: Place): Promise<Check> {
  const name = 'secrets';
  try {
    const client = await runningApi(place);
    if (client === null) return ok(name, 'workers tell which they have once a system is up');
    return await compareSecrets(name, client);
  } catch (error) {
    const what = error instanceof Error ? error.message : String(error);
    return { name, status: 'warning', found: `not known: ${what}`, cure: nextOf(error) ?? 'Look at `system` above.' };
  }
}

async function compareSecrets(name: string, client: ApiClient): Promise<Check> {
  const [missing, stored] = await Promise.all([client.missingSecrets(), client.secrets()]);
  const names = new Set(stored.items.map((version) => version.name));
  if (missing.items.length === 0) return ok(name, `${names.size} stored; workers have what tasks read`);
  const which = [...new Set(missing.items.map(({ secret }) => secret))].sort().join(', ');
  const cure = missing.items.map(({ pipeline, message }) => `${pipeline}: ${message}`).join('\n  ');
  return { name, status: 'warning', found: `workers lack ${which}`, cure };
}
