import { scheduleLines } from '../../ir/schedule-text.ts';
import { momentIn } from '../../ir/time-zone.ts';
import type { Run, ScheduleState } from '../../server/client.ts';
import { momentText } from '../output/durations.ts';
import { section } from '../output/section.ts';
import { table } from '../output/table.ts';

type Schedule = ScheduleState['schedule'];

/** Of the ten that Temporal tells. */
const NEXT_TIMES = 5;

/** A schedule with its next times and its last runs, for people. */
export function scheduleText(state: ScheduleState, runs: readonly Run[]): string {
  const { schedule, timing } = state;
  const { timezone } = schedule.spec;
  const next = (timing?.next ?? []).slice(0, NEXT_TIMES).map((at) => momentIn(timezone, at));
  return [
    headOf(schedule),
    section('times', scheduleLines(schedule.spec)),
    section(nextTitle(state), next.length > 0 || timing === null ? next : ['none: it has come to its end']),
    section('counts, as Temporal has them', countLines(state)),
    section('last runs', runs.length === 0 ? [] : runTable(runs).split('\n')),
    ...state.notices.map((notice) => `\nnote: ${notice}`),
  ]
    .filter((part) => part !== '')
    .join('\n');
}

function headOf(schedule: Schedule): string {
  const { name, pipeline, params, priority, note, generation, updatedAt, updatedBy } = schedule;
  const paused = schedule.paused ? 'paused' : 'active';
  return [
    `${name}  ${paused}: starts ${pipeline}, ${versionText(schedule)}`,
    ...(note === null ? [] : [`note: ${note}`]),
    `params: ${JSON.stringify(params)}`,
    ...(priority === null ? [] : [`priority: ${priority}`]),
    `changed by ${updatedBy} at ${momentText(updatedAt)} UTC (generation ${generation})`,
  ].join('\n');
}

function nextTitle({ schedule }: ScheduleState): string {
  const jitter = schedule.spec.jitterMs === 0 ? '' : ', jitter included';
  return `next (${schedule.spec.timezone}${jitter})${schedule.paused ? ', if it were not paused' : ''}`;
}

function countLines({ timing }: ScheduleState): readonly string[] {
  if (timing === null) return [];
  return [
    `${timing.taken} started, ${timing.running.length} of them going on`,
    `${timing.skippedOverlap} skipped while a run went on`,
    `${timing.missedCatchUp} missed: due while the system was down, and too late after`,
  ];
}

function runTable(runs: readonly Run[]): string {
  const rows = runs.map((run) => [run.id, run.status, run.logicalTime ?? '-', momentText(run.startedAt)]);
  return table(['RUN', 'STATUS', 'FOR', 'STARTED (UTC)'], rows);
}

export function versionText({ version }: Schedule): string {
  return version === null ? 'latest' : `version ${version}`;
}

/** When it starts its next run, in its own zone. */
export function nextText({ schedule, timing }: ScheduleState): string {
  if (schedule.paused) return '-';
  if (timing === null) return 'unknown';
  const [next] = timing.next;
  return next === undefined ? 'never again' : momentIn(schedule.spec.timezone, next);
}
