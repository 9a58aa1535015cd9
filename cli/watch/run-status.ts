import type { Run } from '../../server/client.ts';
import { momentText } from '../output/durations.ts';

/** `running`, or `paused` while it starts nothing new. */
export function statusText({ status, pause }: Run): string {
  return pause === null ? status : 'paused';
}

/** `paused by ada since 2026-03-04 10:15:00: the disk is full`; null for a run that is not. */
export function pauseText({ pause }: Run): string | null {
  if (pause === null) return null;
  return `paused by ${pause.by} since ${momentText(pause.at)} (UTC)${pause.note === null ? '' : `: ${pause.note}`}`;
}
