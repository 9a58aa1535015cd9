import type { Binding } from '../binding.ts';
import type { JsonSchema, JsonValue } from '../json.ts';
import { type NodeBase, node } from './node-base.ts';

/** What happens when nobody decides in time. */
export type ApprovalTimeout =
  | { readonly kind: 'reject' }
  | { readonly kind: 'fail' }
  | { readonly kind: 'approve'; readonly form: JsonValue };

/** A pause for a person's decision. It gives `{ approved, by, form, timedOut }` (see `ApprovalDecision`). */
export interface ApprovalNode extends NodeBase {
  readonly kind: 'approval';
  readonly message: Binding | null;
  /** What the person fills in on approving; null asks for nothing. */
  readonly form: JsonSchema | null;
  /** Any one of these may decide; empty is anybody. */
  readonly roles: readonly string[];
  readonly timeoutMs: number;
  readonly onTimeout: ApprovalTimeout;
}

export const ApprovalNode = node<ApprovalNode>('approval');

/** The first decision is final. `by` is set by whoever took the decision in, never by the payload. */
export type ApprovalDecision = {
  readonly approved: boolean;
  readonly by: string | null;
  readonly form: JsonValue;
  readonly timedOut: boolean;
};
