import type { Digest } from '../../ir/digest.ts';
import { isJsonObject, type JsonObject } from '../../ir/json.ts';
import type { ControlAnswer, ControlRequest } from '../../ir/protocol/control-request.ts';
import { withInputDigest } from '../../ir/protocol/input-digest.ts';
import type { TaskOrder } from '../../ir/protocol/task-order.ts';
import type { Transition } from '../../ir/protocol/transition.ts';
import { isLarger } from './json-size.ts';
import { LARGEST_SHOWN } from './payload-limits.ts';

export interface InputDigests {
  /**
   * Whether a task's input will be too large to record and is not digested yet. Asked apart from `learn`, for waiting even
   * for nothing is a turn, by which the run would ask for other things together than it did in its history.
   */
  wants(order: TaskOrder): boolean;
  learn(order: TaskOrder): Promise<void>;
  /** The transition, with the digest of its input where there is one. */
  marked(transition: Transition): Transition;
}

/**
 * Digests of inputs that are not recorded, by which a retry of the run knows them. The sandbox has no hash of its own, and
 * one written in JavaScript takes seconds for what the control worker does in milliseconds.
 */
export function inputDigests(ask: (request: ControlRequest) => Promise<ControlAnswer>): InputDigests {
  const known = new WeakMap<JsonObject, Digest>();
  return {
    wants: ({ input }) => !known.has(input) && isLarger(input, LARGEST_SHOWN),
    learn: async (order) => {
      const answer = await ask({ kind: 'digest', order });
      if (answer.kind === 'digest') known.set(order.input, answer.digest);
    },
    marked: (transition) => {
      const digest = isJsonObject(transition.input) && known.get(transition.input);
      return digest ? { ...transition, detail: withInputDigest(transition.detail, digest) } : transition;
    },
  };
}
