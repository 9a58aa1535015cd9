import { processesWithArguments } from '../../platform/processes-with-arguments.ts';
import { endProcess } from './end-process.ts';
import { type Part, readSystemRecord, removeSystemRecord } from './system-file.ts';
import { temporalDatabase } from './temporal-arguments.ts';

/**
 * Ends what a killed supervisor left running. Our own processes end by themselves when their parent is gone; Temporal
 * does not, and would keep its port and its database. It is known by its database's file as well: a supervisor may be killed
 * between its start and the record of it. To be called under the system's lock only.
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
  const unrecorded = await processesWithArguments(['start-dev', temporalDatabase(home)]);
  await Promise.all(unrecorded.map((identity) => endProcess(identity, 5_000)));
  await removeSystemRecord(home);
  return [...new Set([...ended.filter((part) => part !== null), ...unrecorded.map((): Part => 'temporal')])];
}
