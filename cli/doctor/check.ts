/** One thing that was looked at. `cure` is what to do when it is not as it should be. */
export interface Check {
  readonly name: string;
  readonly status: 'ok' | 'warning' | 'missing';
  readonly found: string;
  readonly cure: string | null;
}

export function ok(name: string, found: string): Check {
  return { name, status: 'ok', found, cure: null };
}
