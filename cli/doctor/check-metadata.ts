import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Place } from '../place.ts';
import { startApiAlone } from '../system/api-alone.ts';
import { findRunningSystem } from '../system/running-system.ts';
import { type Check, ok } from './check.ts';

/** Opens what runs and models are kept in, as every command does that reads them while no system is up. */
export async function checkMetadata(place: Place): Promise<Check> {
  const name = 'metadata';
  const file = join(place.home, 'metadata.sqlite');
  if (!existsSync(file)) return ok(name, 'none yet');
  if ((await findRunningSystem(place.home)) !== null) return ok(name, 'in use by the system');
  try {
    const api = await startApiAlone(place);
    await api.stop();
    return ok(name, file);
  } catch (error) {
    const said = error instanceof Error ? error.message : String(error);
    const cure = `Its log is ${join(place.home, 'logs', 'api.log')}; \`--home\` or MILLRACE_HOME names another folder.`;
    return { name, status: 'missing', found: said.replace('api could not start: ', ''), cure };
  }
}
