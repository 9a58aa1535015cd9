import { Cron } from 'croner';
import { OVERLAP_POLICIES, type ScheduleSpec } from '../ir/pipeline-ir.ts';
import { CompileError } from './compile-error.ts';
import type { ScheduleOptions } from './pipeline.ts';

/** What a field of a cron line is made of; other dialects' L, W and # are not understood by what runs the schedule. */
const PART = /^(\*|\d+|[A-Za-z]{3})(-(\d+|[A-Za-z]{3}))?(\/\d+)?$/;

/**
 * A schedule, checked, with its defaults.
 *
 * @throws CompileError `schedule` naming the pipeline.
 */
export function scheduleOf(pipeline: string, schedule: ScheduleOptions): ScheduleSpec {
  const refuse = (what: string) => new CompileError('schedule', `The schedule of pipeline '${pipeline}': ${what}.`);
  const { cron, timezone = 'UTC', overlap = 'skip' } = schedule;
  if (typeof cron !== 'string') {
    throw refuse(
      `it has no \`cron\`; give \`schedule: { cron: '0 3 * * *' }\`, with timezone and overlap where you need them`,
    );
  }
  const choices = OVERLAP_POLICIES.map((policy) => `'${policy}'`).join(', ');
  if (!OVERLAP_POLICIES.includes(overlap)) throw refuse(`overlap is '${overlap}'; it may be ${choices}`);
  if (!isTimeZone(timezone)) throw refuse(`'${timezone}' is no time zone; give an IANA name, as 'Europe/Berlin'`);
  const fields = cron.trim().split(/\s+/);
  if (fields.length !== 5 || !fields.every(isCronField)) {
    throw refuse(
      `'${cron}' is no cron line; give five fields: minute, hour, day of month, month, day of week, as '0 3 * * *'`,
    );
  }
  const line = fields.join(' ');
  const trouble = cronTrouble(line, timezone);
  if (trouble) throw refuse(`'${cron}' ${trouble}`);
  return { cron: line, timezone, overlap };
}

function isCronField(field: string): boolean {
  return field.split(',').every((part) => PART.test(part));
}

function isTimeZone(timezone: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone: timezone });
    return true;
  } catch {
    return false;
  }
}

function cronTrouble(cron: string, timezone: string): string | null {
  try {
    return new Cron(cron, { timezone }).nextRun() ? null : 'names a day that never comes';
  } catch (error) {
    return `is no cron line (${error instanceof Error ? error.message : error})`;
  }
}
