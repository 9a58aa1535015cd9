import { setTimeout as delay } from 'node:timers/promises';
import type { ApiClient, LogChunk } from '../../server/client.ts';
import { momentText } from '../output/durations.ts';
import { type FormatOptions, formatOf } from '../output/format-option.ts';
import { listing } from '../output/listing.ts';
import { findPlace, type PlaceOptions } from '../place.ts';
import { findTask } from '../submit/find-task.ts';
import { noSuchTask } from '../submit/no-such-task.ts';
import { withApi } from '../system/with-api.ts';
import { needsSystem, noSystem } from '../watch/no-system.ts';
import { logCommand } from '../watch/task-text.ts';
import { pathOfRank, type RankOptions } from './rank-option.ts';

export interface LogsOptions extends PlaceOptions, FormatOptions, RankOptions {
  readonly follow?: boolean;
}

/** @throws CliError for a path that is no task of the run: of a run that is followed, when it has ended. */
export async function printLogs(id: string, options: LogsOptions): Promise<void> {
  const format = formatOf(options);
  const { path = null, follow = false } = options;
  const from = pathOfRank(options);
  await withApi(findPlace(options), async (client, isUp) => {
    const chunks = listing(format, 'chunks', logText);
    if (path !== null && follow) await announceAbsent(client, id, path);
    const any = await readLogs(client, id, { path: from, isUp, follow }, chunks.add);
    if (!any && path === null) process.stderr.write(`note: The tasks of run ${id} logged nothing.\n`);
    if (!any && path !== null) await explainSilence(client, id, path);
    await chunks.end();
  });
}

/** A task may still come, so following goes on; but who mistyped its path should not have to wait for the run's end. */
async function announceAbsent(client: ApiClient, id: string, path: string): Promise<void> {
  const detail = await client.run(id);
  if (detail.run.endedAt !== null || (await findTask(client, id, path)) !== null) return;
  process.stderr.write(`note: ${noSuchTask(detail, path, 'task').message} Waiting for it.\n`);
}

async function explainSilence(client: ApiClient, id: string, path: string): Promise<void> {
  const task = await findTask(client, id, path);
  if (task?.kind !== 'task') throw noSuchTask(await client.run(id), path, 'task');
  const origin = task.cache?.origin ?? null;
  const why = origin === null ? 'logged nothing.' : `has its result from run ${origin.runId}: ${logCommand(origin)}`;
  process.stderr.write(`note: '${path}' of run ${id} (${task.status}) ${why}\n`);
}

/**
 * Reads a run's logs from the beginning, a page at a time; following, until the run has ended and nothing is left.
 *
 * @returns whether there were any.
 * @throws CliError `unreachable` when there is more to come, and nothing up that it would come from.
 */
async function readLogs(
  client: ApiClient,
  id: string,
  { path, follow, isUp }: { path: string | null; follow: boolean; isUp: boolean },
  take: (chunks: readonly LogChunk[]) => Promise<void>,
): Promise<boolean> {
  const filter = path === null ? {} : { path };
  let after: string | null = null;
  for (let ended = false; ; ) {
    const page = await client.logs(id, after === null ? filter : { ...filter, after });
    await take(page.chunks);
    after = page.cursor ?? after;
    if (page.chunks.length > 0) continue;
    if (!follow || ended) return after !== null;
    const { run } = await client.run(id);
    if (!isUp && needsSystem(run)) throw noSystem(id);
    ended = run.endedAt !== null;
    if (!ended) await delay(500);
  }
}

function logText({ path, attempt, lines }: LogChunk): string {
  const where = attempt > 1 ? `${path} (attempt ${attempt})` : path;
  return lines
    .map((line) => `${momentText(line.at).slice(11)} ${line.level.padEnd(5)} ${where}: ${line.text}\n`)
    .join('');
}
