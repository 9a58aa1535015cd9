import { exactDuration } from '../../ir/duration.ts';

/** How long handlers have to end when they are asked to, in ms, as workers of this environment read it (workers/settings.ts). */
export function graceOfHandlers(): number {
  return Number(process.env.MILLRACE_GRACE_MS || 10_000);
}

export function graceText(): string {
  return exactDuration(graceOfHandlers());
}
