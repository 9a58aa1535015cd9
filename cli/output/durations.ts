/** A length of time as people say it: `820 ms`, `4.2 s`, `3 m 05 s`, `2 h 10 m`. */
export function durationText(ms: number): string {
  if (ms < 1_000) return `${Math.round(ms)} ms`;
  if (ms < 60_000) return `${(ms / 1_000).toFixed(1)} s`;
  const seconds = Math.floor(ms / 1_000);
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes} m ${String(seconds % 60).padStart(2, '0')} s`;
  return `${Math.floor(minutes / 60)} h ${String(minutes % 60).padStart(2, '0')} m`;
}

/** A moment, for a table: `2026-03-04 10:15:00` in UTC, which logs and run ids use too. */
export function momentText(at: number | null): string {
  return at === null ? '-' : new Date(at).toISOString().slice(0, 19).replace('T', ' ');
}
