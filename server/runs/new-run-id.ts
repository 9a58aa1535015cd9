import { randomBytes } from 'node:crypto';

/** An id that sorts by time and that people can tell apart: `flight-delays-20260304-101500-k3f9a2`. */
export function newRunId(pipeline: string, now: number): string {
  const [date = '', time = ''] = new Date(now).toISOString().split('T');
  const stamp = `${date.replaceAll('-', '')}-${time.slice(0, 8).replaceAll(':', '')}`;
  return `${pipeline}-${stamp}-${randomBytes(3).toString('hex')}`;
}
