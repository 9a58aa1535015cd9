import type { ApiClient, Run, ScheduleState } from '../../server/client.ts';
import { momentText } from '../output/durations.ts';
import { type FormatOptions, formatOf } from '../output/format-option.ts';
import { moreText } from '../output/more-text.ts';
import { print } from '../output/print.ts';
import { table } from '../output/table.ts';
import { findPlace, type PlaceOptions } from '../place.ts';
import { withApi, withSystem } from '../system/with-api.ts';
import { nextText, scheduleText, versionText } from './schedule-text.ts';

export type Common = PlaceOptions & FormatOptions;

export async function listSchedules(options: Common & { readonly cursor?: string }): Promise<void> {
  const page = options.cursor === undefined ? {} : { cursor: options.cursor };
  const schedules = await withApi(findPlace(options), (client) => client.schedules(page));
  await print(formatOf(options), schedules, () => {
    if (schedules.items.length === 0) return 'No schedules. Make one: millrace schedules create NAME PIPELINE --cron …';
    const rows = schedules.items.map((state) => [
      state.schedule.name,
      state.schedule.pipeline,
      versionText(state.schedule),
      state.schedule.paused ? 'paused' : 'active',
      nextText(state),
      state.schedule.note ?? '-',
    ]);
    const more = moreText('millrace schedules list', {}, schedules.cursor);
    return table(['SCHEDULE', 'PIPELINE', 'VERSION', 'STATE', 'NEXT', 'NOTE'], rows) + more;
  });
}

/** Runs of a schedule that are shown with it. */
const LAST_RUNS = 5;

export async function getSchedule(name: string, options: Common): Promise<void> {
  const detail = await withApi(findPlace(options), async (client) => {
    const state = await client.schedule(name);
    return { ...state, runs: (await client.runs({ schedule: name, limit: LAST_RUNS })).items };
  });
  await print(formatOf(options), detail, () => scheduleText(detail, detail.runs));
}

/** A schedule as it is after a change; what its notices say is said beside it, too. */
export async function printState(options: Common, state: ScheduleState, runs: readonly Run[] = []): Promise<void> {
  const format = formatOf(options);
  await print(format, state, () => scheduleText(state, runs));
  if (format !== 'table') for (const notice of state.notices) process.stderr.write(`note: ${notice}\n`);
}

export async function listChanges(name: string, options: Common & { readonly cursor?: string }): Promise<void> {
  const page = options.cursor === undefined ? {} : { cursor: options.cursor };
  const history = await withApi(findPlace(options), (client) => client.scheduleHistory(name, page));
  await print(formatOf(options), history, () => {
    const rows = history.items.map((each) => [
      momentText(each.updatedAt),
      `${each.generation}`,
      each.change,
      each.updatedBy,
      each.note ?? '-',
    ]);
    const more = moreText(`millrace schedules history ${name}`, {}, history.cursor);
    return rows.length === 0
      ? `No schedule has had the name ${name}.`
      : table(['CHANGED (UTC)', 'GENERATION', 'CHANGE', 'BY', 'NOTE'], rows) + more;
  });
}

export async function pauseSchedule(
  name: string,
  verb: 'pause' | 'unpause',
  options: Common & { readonly note?: string },
): Promise<void> {
  const change = (client: ApiClient) => client.pauseSchedule(name, verb, options.note ?? null);
  await printState(options, await withApi(findPlace(options), change));
}

export async function triggerSchedule(name: string, options: Common): Promise<void> {
  const triggered = await withSystem(
    findPlace(options),
    (client) => client.triggerSchedule(name),
    async () => null,
  );
  const { runId, started } = triggered;
  await print(formatOf(options), triggered, () =>
    started
      ? `Started run ${runId}. Watch it: millrace runs get ${runId} --watch`
      : `Run ${runId} has not started: one that goes on keeps it from it, as the schedule's overlap policy says. ` +
        `See them: millrace schedules get ${name}`,
  );
}

export async function deleteSchedule(name: string, options: Common): Promise<void> {
  const state = await withApi(findPlace(options), (client) => client.removeSchedule(name));
  await print(
    formatOf(options),
    state,
    () => `Schedule ${name} is deleted. Its runs stay: millrace runs list --schedule ${name}`,
  );
}
