import { z } from 'zod';
import type { ApprovalDecision } from '../../ir/nodes/approval-node.ts';
import { json } from './json.ts';

/** Who decides is not in here: the API knows who asks. */
export const decideSchema = z.strictObject({
  path: z.string().min(1),
  approved: z.boolean(),
  form: json.default(null),
});
export type Decide = z.input<typeof decideSchema>;

export const decisionSchema: z.ZodType<ApprovalDecision> = z.object({
  approved: z.boolean(),
  by: z.string().nullable(),
  form: json,
  timedOut: z.boolean(),
});
