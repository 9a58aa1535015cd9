import type { Place } from '../place.ts';
import { apiClient } from '../system/api-client.ts';
import { DEFAULT_PORTS, isFree } from '../system/ports.ts';
import { findRunningSystem } from '../system/running-system.ts';
import { type Check, ok } from './check.ts';
import { checkNamedApi } from './check-api.ts';

/** The system that commands ask: the one that MILLRACE_API_URL names, or else the home's own. */
export function checkSystem(place: Place): Promise<Check> {
  const named = process.env.MILLRACE_API_URL;
  return named ? checkNamedApi(place, named) : checkOwnSystem(place);
}

async function checkOwnSystem(place: Place): Promise<Check> {
  const name = 'system';
  const record = await findRunningSystem(place.home);
  if (record === null) return ok(name, 'not up; `millrace run` starts one for each run, `millrace up` keeps one');
  const health = await apiClient(record.urls.api, record.project)
    .health()
    .catch(() => null);
  if (health === null) {
    const cure = `Look at ${place.home}/logs, then \`millrace down\` and \`millrace up\`.`;
    return { name, status: 'missing', found: `${record.urls.api} is said to be up and does not answer`, cure };
  }
  const found = `up at ${record.urls.api}, project ${record.project}, Temporal`;
  if (health.temporal?.answers === true) return ok(name, `${found} answers`);
  const cure = `Start the Temporal server at ${record.urls.temporal}: runs wait for it, and go on by themselves.`;
  return { name, status: 'missing', found: `${found} does not answer`, cure };
}

/** Taken ports are no fault: free ones are used in their place. */
export async function checkPorts(place: Place): Promise<Check> {
  if ((await findRunningSystem(place.home)) !== null) return ok('ports', 'in use by the system');
  const taken = await Promise.all(
    Object.entries(DEFAULT_PORTS).map(async ([part, port]) => ((await isFree(port)) ? null : `${port} (${part})`)),
  );
  const names = taken.filter((port) => port !== null);
  const usual = Object.values(DEFAULT_PORTS).join(', ');
  return ok('ports', names.length === 0 ? `${usual} are free` : `${names.join(', ')} taken; free ones will be used`);
}
