import { isAlive } from '../../platform/process-identity.ts';
import { readSystemRecord, type SystemRecord } from './system-file.ts';

/** The system of a home when it is up and ready; a record that a killed supervisor left behind does not count. */
export async function findRunningSystem(home: string): Promise<SystemRecord | null> {
  const record = await readSystemRecord(home);
  if (record === null || record.readyAt === null) return null;
  return (await isAlive(record.supervisor)) ? record : null;
}
