import { createClient } from '../../server/client.ts';
import type { Place } from '../place.ts';
import { findRunningSystem } from '../system/running-system.ts';
import { type Check, ok } from './check.ts';

/** Whether the workers that are up can read what the tasks of pipelines do; while none is up, nobody can tell. */
export async function checkSecrets(place: Place): Promise<Check> {
  const name = 'secrets';
  const system = await findRunningSystem(place.home);
  if (system === null) return ok(name, 'workers tell which they have once a system is up');
  const client = createClient(system.urls.api, system.project);
  const known = await Promise.all([client.missingSecrets(), client.secrets()]).catch(() => null);
  if (known === null) return ok(name, 'not known: the API does not answer');
  const [missing, stored] = known;
  const names = new Set(stored.items.map((version) => version.name));
  if (missing.items.length === 0) return ok(name, `${names.size} stored; workers have what tasks read`);
  const which = [...new Set(missing.items.map(({ secret }) => secret))].sort().join(', ');
  const cure = missing.items.map(({ pipeline, message }) => `${pipeline}: ${message}`).join('\n  ');
  return { name, status: 'warning', found: `workers lack ${which}`, cure };
}
