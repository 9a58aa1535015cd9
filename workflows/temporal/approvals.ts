import { condition, defineUpdate, setHandler } from '@temporalio/workflow';
import { readForm } from '../../ir/approval-form.ts';
import { contractBreaks } from '../../ir/contract-breaks.ts';
import { canonicalJson, type JsonValue } from '../../ir/json.ts';
import type { ApprovalDecision } from '../../ir/nodes/approval-node.ts';
import { type ApprovalAnswer, DECIDE_UPDATE } from '../../ir/protocol/workflow-names.ts';
import type { ApprovalRequest } from '../execution-port.ts';
import { present } from './intact.ts';

const decideUpdate = defineUpdate<ApprovalDecision, [ApprovalAnswer]>(DECIDE_UPDATE);

/** The first answer to an approval, and what was made of it. */
interface Decided {
  readonly answer: ApprovalAnswer;
  readonly decision: ApprovalDecision;
}

/** Takes decisions in. The first one on an approval is final; the same answer again is answered as it was then. */
export function receiveApprovals(): (request: ApprovalRequest) => Promise<ApprovalDecision | null> {
  const open = new Map<string, ApprovalRequest>();
  const decided = new Map<string, Decided>();
  setHandler(
    decideUpdate,
    (answer) => {
      const earlier = decided.get(present(answer).path);
      if (earlier) return earlier.decision;
      const decision = decisionOf(answer, open.get(answer.path));
      decided.set(answer.path, { answer, decision });
      return decision;
    },
    { validator: (answer) => refuseUnfit(answer, open, decided) },
  );
  return async (request) => {
    const { path } = request.task;
    open.set(path, request);
    try {
      await condition(() => decided.has(path), request.timeoutMs);
    } finally {
      // Cancelled, too: whoever decides then has to hear that it is late.
      open.delete(path);
    }
    return decided.get(path)?.decision ?? null;
  };
}

function decisionOf({ approved, by, form }: ApprovalAnswer, request: ApprovalRequest | undefined): ApprovalDecision {
  const filledIn = approved ? readForm(request?.form ?? null, (form ?? null) as JsonValue).form : null;
  return { approved, by, form: filledIn, timedOut: false };
}

function isSame(earlier: ApprovalAnswer, { approved, by, form }: ApprovalAnswer): boolean {
  if (earlier.approved !== approved || earlier.by !== by) return false;
  return !approved || canonicalJson(earlier.form ?? null) === canonicalJson(form ?? null);
}

/** What is refused here leaves no trace in the run's history. */
function refuseUnfit(
  answer: ApprovalAnswer,
  open: ReadonlyMap<string, ApprovalRequest>,
  decided: ReadonlyMap<string, Decided>,
): void {
  const earlier = decided.get(present(answer).path);
  if (earlier) {
    if (isSame(earlier.answer, answer)) return;
    throw new Error(`Approval '${answer.path}' is decided already, by ${earlier.decision.by}.`);
  }
  const request = open.get(answer.path);
  if (!request) throw new Error(`Approval '${answer.path}' is not open.`);
  if (request.roles.length > 0 && !request.roles.some((role) => answer.roles.includes(role))) {
    throw new Error(`Approval '${answer.path}' is for ${request.roles.join(' or ')}.`);
  }
  const { faults } = readForm(answer.approved ? request.form : null, (answer.form ?? null) as JsonValue);
  if (faults.length > 0) {
    throw new Error(`The form of approval '${answer.path}' is not filled in right: ${contractBreaks(faults)}.`);
  }
}
