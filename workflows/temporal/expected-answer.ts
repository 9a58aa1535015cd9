import type { ControlAnswer } from '../../ir/protocol/control-request.ts';
import { TaskFailed } from '../../ir/protocol/task-failure.ts';

type Kind = Exclude<ControlAnswer['kind'], 'failed' | 'later'>;

/** The answer of the kind that was asked for. @throws TaskFailed where the control worker says that what was asked has failed. */
export function expectedAnswer<K extends Kind>(answer: ControlAnswer, kind: K): Extract<ControlAnswer, { kind: K }> {
  if (isOfKind(answer, kind)) return answer;
  if (answer.kind === 'failed') throw new TaskFailed(answer.failure);
  throw new Error(`The control worker answered '${answer.kind}', and '${kind}' was asked for.`);
}

function isOfKind<K extends Kind>(answer: ControlAnswer, kind: K): answer is Extract<ControlAnswer, { kind: K }> {
  return answer.kind === kind;
}
