import { endProcess } from './end-process.ts';
import { type Part, readSystemRecord, removeSystemRecord } from './system-file.ts';

/**
 * Ends what a killed supervisor left running. Our own processes end by themselves when their parent is gone; Temporal
 * does not, and would keep its port and its database. To be called under the system's lock only.
 *
 * @returns the parts that were still there.
 */
export async function endLeftOvers(home: string): Promise<readonly Part[]> {
  const record = await readSystemRecord(home);
  if (record === null) return [];
  const entries = Object.entries(record.parts) as [Part, NonNullable<(typeof record.parts)[Part]>][];
  const ended = await Promise.all(
    entries.map(async ([part, identity]) => ((await endProcess(identity, 5_000)) ? part : null)),
  );
  await removeSystemRecord(home);
  return ended.filter((part) => part !== null);
}
