import { isJsonObject } from '../../ir/json.ts';
import type { Task } from '../../server/client.ts';
import { durationText } from '../output/durations.ts';
import { shellWord } from '../output/shell-word.ts';
import { formFields } from './form-fields.ts';

/** What an approval that waits asks of a person. */
export interface Asked {
  /** What it is about, and what has to be filled in; a line each, of any length. */
  readonly lines: readonly string[];
  /** What to type, with a place for each field that has to be given. */
  readonly commands: readonly string[];
}

/** Null for a task that asks for nothing. */
export function askedBy(task: Task): Asked | null {
  if (task.kind !== 'approval' || task.status !== 'waiting') return null;
  const { runId, path, detail, leftOut } = task;
  if (leftOut !== null && leftOut.detail !== null) {
    return {
      lines: ['What it asks is too large to be shown here:'],
      commands: [`millrace runs get ${runId} --path ${shellWord(path)}`],
    };
  }
  const { message, form, roles } = detail;
  const fields = isJsonObject(form) ? formFields(form) : [];
  const blanks = fields
    .filter(({ isRequired }) => isRequired)
    .map(({ name, placeholder }) => shellWord(`${name}=${placeholder}`));
  const approve = `millrace runs approve ${runId} ${shellWord(path)}`;
  return {
    lines: [
      ...(typeof message === 'string' ? message.split('\n') : []),
      ...(Array.isArray(roles) && roles.length > 0 ? [`for: ${roles.join(' or ')}`] : []),
      ...fields.map(({ text }) => text),
    ],
    commands: [[approve, ...blanks].join(' '), `${approve} --reject`],
  };
}

/** `waits for a decision, 59 m 10 s left`. */
export function waitingText({ detail }: Task, now = Date.now()): string {
  const { deadline } = detail;
  return typeof deadline === 'number'
    ? `waits for a decision, ${durationText(Math.max(0, deadline - now))} left`
    : 'waits for a decision';
}

/** How an approval was decided: `→ rejected by ada`. */
export function decisionText({ output, detail }: Task): string {
  const { approved = null, by = detail.by ?? null, timedOut = false } = isJsonObject(output) ? output : {};
  if (approved === null) return '';
  const decision = approved === true ? 'approved' : 'rejected';
  if (timedOut === true) return `→ nobody answered in time: ${decision}`;
  return typeof by === 'string' ? `→ ${decision} by ${by}` : `→ ${decision}`;
}
