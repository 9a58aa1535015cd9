import type { z } from 'zod';
import { type Duration, parseDuration } from '../ir/duration.ts';
import type { JsonValue } from '../ir/json.ts';
import { ApprovalNode, type ApprovalTimeout } from '../ir/nodes/approval-node.ts';
import { plainJsonSchemaOf } from './json-schema.ts';
import type { KeysOf } from './known-keys.ts';
import { lowerIn } from './lower.ts';
import { afterOf, NODE_KEYS, type NodeOptions } from './node-options.ts';
import { recordNode } from './record-node.ts';
import { claimName, recordingScope, refusal, type Scope } from './recorder.ts';
import type { Ref } from './ref.ts';
import { settingsIn } from './step-contract-of.ts';
import type { Operand } from './wired.ts';

export interface ApprovalOptions<Form extends z.ZodObject> extends NodeOptions {
  /** What is to be decided, for the one who decides. */
  readonly message?: Operand<string>;
  /** What the one who approves fills in. */
  readonly form?: Form;
  /** Any one of these may decide; anybody when left out. */
  readonly roles?: readonly string[];
  readonly timeout: Duration;
  /** What happens when nobody decides in time. */
  readonly onTimeout: 'reject' | 'fail' | { readonly approve: z.input<Form> };
}

const APPROVAL_KEYS: KeysOf<ApprovalOptions<z.ZodObject>> = {
  ...NODE_KEYS,
  ...{ message: true, form: true, roles: true, timeout: true, onTimeout: true },
};

/** How it was decided. `form` is null unless it was approved; `by` is null when nobody decided in time. */
export type Decision<Form> = { approved: boolean; by: string | null; form: Form | null; timedOut: boolean };

/**
 * A pause for a person's decision. A rejection is a value, not a failure: test it with
 * `when(decision.approved, …)`.
 */
export function approval<Form extends z.ZodObject = z.ZodObject<Record<never, never>>>(
  options: ApprovalOptions<Form>,
): Ref<Decision<z.output<Form>>> {
  const scope = recordingScope('`approval`');
  const name = claimName(scope, options.name ?? 'approval', 'approval');
  const title = `approval '${name}'`;
  const { message, form, roles = [] } = options;
  const node = ApprovalNode.create({
    name,
    after: afterOf(scope, options, title, APPROVAL_KEYS),
    message: message === undefined ? null : lowerIn(scope, message, `the message of ${title}`),
    form: form ? plainJsonSchemaOf(form, `The form of ${title}`) : null,
    roles: [...roles],
    timeoutMs: timeoutOf(scope, title, options.timeout),
    onTimeout: onTimeoutOf(scope, title, options),
  });
  return recordNode(scope, node, null);
}

/** JavaScript checks no types: both options may be missing. */
function timeoutOf(scope: Scope, title: string, timeout: Duration | undefined): number {
  if (timeout === undefined) {
    throw refusal('settings', scope, `${title} has no timeout`, "Say how long people have, as in timeout: '3d'.");
  }
  const timeoutMs = settingsIn(`Pipeline '${scope.pipeline}', ${title}`, () => parseDuration(timeout));
  if (timeoutMs > 0) return timeoutMs;
  throw refusal('settings', scope, `the timeout of ${title} is 0`, "Give people time, as in timeout: '3d'.");
}

function onTimeoutOf(scope: Scope, title: string, { form, onTimeout }: ApprovalOptions<z.ZodObject>): ApprovalTimeout {
  if (onTimeout === 'reject' || onTimeout === 'fail') return { kind: onTimeout };
  if (typeof onTimeout !== 'object' || onTimeout === null || !('approve' in onTimeout)) {
    throw refusal(
      'settings',
      scope,
      `${title} does not say what happens when nobody decides in time`,
      "Write onTimeout: 'reject', 'fail', or { approve: { … } } with the form's fields.",
    );
  }
  const parsed = form?.safeParse(onTimeout.approve);
  if (parsed && !parsed.success) {
    const reason = parsed.error.issues[0]?.message ?? '';
    throw refusal('badValue', scope, `what ${title} approves with on timeout does not fit its form: ${reason}`);
  }
  return { kind: 'approve', form: (parsed?.data ?? null) as JsonValue };
}
