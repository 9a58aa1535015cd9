/** Signal of a run's workflow: `(order: RunOrder) => void`. The same order twice is one; it may be passed on to children. */
export const ORDER_SIGNAL = 'orderRun';

/** What a run under way is told from outside. */
export type RunOrder =
  | { readonly kind: 'pause'; readonly by: string; readonly note: string | null }
  | { readonly kind: 'unpause' }
  /** It may be the turn of a task that waits for slots of a pool; with the path `''`, of the run. Nothing depends on it. */
  | { readonly kind: 'wake'; readonly path: string }
  /** What has not ended `graceMs` from now is stopped, whatever it is. A later order can only bring that forward. */
  | { readonly kind: 'cancel'; readonly graceMs: number }
  /** To a part of a run that was cancelled: the same bound. Whether the part is cancelled its own scope says. */
  | { readonly kind: 'stopWithin'; readonly graceMs: number };

/** Who holds a run, and why. */
export interface Pause {
  readonly by: string;
  /** When the run took the order, in milliseconds since the epoch. */
  readonly at: number;
  readonly note: string | null;
}

/** How long a cancelled run has for its handlers, `finallyDo` and `onExit`, unless it is told. */
export const CANCEL_GRACE_MS = 10 * 60_000;
/** The longest: ten years, where timers and dates still hold. */
export const LONGEST_GRACE_MS = 10 * 365 * 86_400_000;
