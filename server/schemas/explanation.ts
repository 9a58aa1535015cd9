import { z } from 'zod';

/**
 * What became of a task's look-up. `hit`: a kept result; `reused`: one of the run that is retried; `missed`: looked up and
 * run; `notLookedUp`: run without a look; `waits`: another task makes the same result; `notRun`: nothing came of it.
 */
export const VERDICTS = ['hit', 'reused', 'missed', 'notLookedUp', 'waits', 'notRun'] as const;

const place = z.object({ runId: z.string(), path: z.string() });

/** A part of the cache key with what it was and is, for people: cut, and masked where it may be secret; null for unknown. */
const differenceSchema = z.object({ part: z.string(), before: z.string().nullable(), after: z.string().nullable() });

export const taskExplanationSchema = z.object({
  path: z.string(),
  step: z.string().nullable(),
  verdict: z.enum(VERDICTS),
  detail: z.string(),
  /** Of a hit, the task that made the result; of one that waits, the one that makes it. */
  origin: place.nullable(),
  /** Of a miss, the task that it is compared with: that of the nearest earlier result. */
  compared: place.nullable(),
  differences: z.array(differenceSchema),
  /** The command that shows more. */
  next: z.string().nullable(),
});
export type TaskExplanation = z.infer<typeof taskExplanationSchema>;

export const explainQuery = z.object({ path: z.string().exactOptional() });
/** `isCut` where there are more tasks than are explained at once: a path, of an item for instance, asks for fewer. */
export const explanationSchema = z.object({
  runId: z.string(),
  tasks: z.array(taskExplanationSchema),
  isCut: z.boolean(),
});
export type Explanation = z.infer<typeof explanationSchema>;
