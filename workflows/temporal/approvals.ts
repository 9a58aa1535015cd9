import { condition, defineUpdate, setHandler } from '@temporalio/workflow';
import { canonicalJson, type JsonValue } from '../../ir/json.ts';
import type { ApprovalDecision } from '../../ir/nodes/approval-node.ts';
import { type ApprovalAnswer, DECIDE_UPDATE } from '../../ir/protocol/workflow-names.ts';
import type { ApprovalRequest } from '../execution-port.ts';

const decideUpdate = defineUpdate<ApprovalDecision, [ApprovalAnswer]>(DECIDE_UPDATE);

/** Takes decisions in. The first one on an approval is final; the same answer again is answered as it was then. */
export function receiveApprovals(): (request: ApprovalRequest) => Promise<ApprovalDecision | null> {
  const open = new Map<string, ApprovalRequest>();
  const decided = new Map<string, ApprovalDecision>();
  setHandler(
    decideUpdate,
    (answer) => {
      const earlier = decided.get(answer.path);
      if (earlier) return earlier;
      const form = answer.approved ? ((answer.form ?? null) as JsonValue) : null;
      const decision = { approved: answer.approved, by: answer.by, form, timedOut: false };
      decided.set(answer.path, decision);
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
    return decided.get(path) ?? null;
  };
}

function isSame(earlier: ApprovalDecision, { approved, by, form }: ApprovalAnswer): boolean {
  if (earlier.approved !== approved || earlier.by !== by) return false;
  return !approved || canonicalJson(earlier.form) === canonicalJson(form ?? null);
}

function refuseUnfit(
  answer: ApprovalAnswer,
  open: ReadonlyMap<string, ApprovalRequest>,
  decided: ReadonlyMap<string, ApprovalDecision>,
): void {
  const earlier = decided.get(answer.path);
  if (earlier) {
    if (isSame(earlier, answer)) return;
    throw new Error(`Approval '${answer.path}' is decided already, by ${earlier.by}.`);
  }
  const request = open.get(answer.path);
  if (!request) throw new Error(`Approval '${answer.path}' is not open.`);
  if (request.roles.length > 0 && !request.roles.some((role) => answer.roles.includes(role))) {
    throw new Error(`Approval '${answer.path}' is for ${request.roles.join(' or ')}.`);
  }
}
