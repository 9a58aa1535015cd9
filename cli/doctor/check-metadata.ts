import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Place } from '../place.ts';
import { startApiAlone } from '../system/api-alone.ts';
import { metadataName } from '../system/other-metadata.ts';
import { findRunningSystem } from '../system/running-system.ts';
import { type Check, ok } from './check.ts';

/** Opens what runs and models are kept in, as every command does that reads them while no system is up. */
export async function checkMetadata(place: Place): Promise<Check> {
  const name = 'metadata';
  const database = metadataName();
  const file = join(place.home, 'metadata.sqlite');
  if (database === null && !existsSync(file)) return ok(name, 'none yet');
  // A server can be away while the system is up, which then waits for it.
  if (database === null && (await findRunningSystem(place.home)) !== null) return ok(name, 'in use by the system');
  try {
    const api = await startApiAlone(place);
    await api.stop();
    return ok(name, database ?? file);
  } catch (error) {
    const said = error instanceof Error ? error.message : String(error);
    const elsewhere =
      database === null ? '`--home` or MILLRACE_HOME names another folder' : 'MILLRACE_METADATA names another database';
    const cure = `Its log is ${join(place.home, 'logs', 'api.log')}; ${elsewhere}.`;
    return { name, status: 'missing', found: said.replace('api could not start: ', ''), cure };
  }
}
