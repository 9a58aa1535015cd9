import { z } from 'zod';

/* What a search carries from round to round. */

/** Of type `unknown`, for that of JSON goes on without end, and Refs to it as well. */
export const anyJson: z.ZodType<unknown> = z.json();
const scalar = z.union([z.string(), z.number(), z.boolean(), z.null()]);
const candidate = z.object({
  /** From 0, in the order in which trials were drawn. */
  trial: z.int(),
  params: z.record(z.string(), scalar),
  /** Null where the strategy gives none. */
  budget: z.number().nullable(),
  /** What it gave in the round before; null in its first, or where nothing is resumed. */
  start: anyJson,
});
/** A trial to be run in the next round. */
export type Candidate = z.output<typeof candidate>;

const judged = candidate.omit({ start: true }).extend({
  round: z.int(),
  /** Null of one that failed. */
  metric: z.number().nullable(),
});
/** A trial that was run in a round. */
export type Judged = z.output<typeof judged>;

const best = judged.extend({ metric: z.number(), output: anyJson });
export type Best = z.output<typeof best>;

export const searchState = z.object({
  round: z.int(),
  candidates: z.array(candidate),
  /** Rounds that are drawn already; of successive halving none is, for who goes on is not known before. */
  waiting: z.array(z.array(candidate)),
  trials: z.array(judged),
  best: best.nullable(),
  /** The last rounds in a row that were no better. */
  stale: z.int(),
  done: z.boolean(),
});
export type SearchState = z.output<typeof searchState>;

/** How rounds are judged. */
export const searchRules = z.object({
  metric: z.string(),
  goal: z.enum(['maximize', 'minimize']),
  /** Of successive halving. */
  halving: z.object({ eta: z.int(), budgets: z.array(z.number()), from: z.string().nullable() }).nullable(),
  earlyStop: z.object({ patience: z.int(), minImprovement: z.number() }).nullable(),
});
export type SearchRules = z.output<typeof searchRules>;
