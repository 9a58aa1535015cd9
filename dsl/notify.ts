import { NotifyNode } from '../ir/nodes/notify-node.ts';
import { lowerIn } from './lower.ts';
import { afterOf, type NodeOptions } from './node-options.ts';
import { recordNode } from './record-node.ts';
import { claimName, recordingScope, refusal } from './recorder.ts';
import type { Ref } from './ref.ts';
import type { Operand } from './wired.ts';

/** What is told, and by whom. */
export interface Notice {
  /** What people read; of a longer one the first 2,000 characters. */
  readonly text: Operand<string>;
  /** The notification that tells it (`millrace notifications list`); left out, all of the pipeline's that tell of `message`. */
  readonly channel?: Operand<string>;
}

/**
 * Tells people something, by the project's notifications. The task has succeeded once the message is kept: it is sent from there,
 * and again until it is taken. A local run sends nothing, and shows the text.
 *
 * @example notify({ text: format`AUC ${report.auc} is below the gate`, channel: 'on-call' })
 */
export function notify({ text, channel }: Notice, options: NodeOptions = {}): Ref<null> {
  const scope = recordingScope('`notify`');
  const name = claimName(scope, options.name ?? 'notify', 'notify');
  const title = `notify '${name}'`;
  if (text === undefined || text === '') {
    throw refusal('badValue', scope, `${title} has no text`, "Say what people are to read, as in { text: 'done' }.");
  }
  const node = NotifyNode.create({
    name,
    after: afterOf(scope, options, title),
    text: lowerIn(scope, text, `the text of ${title}`),
    channel: channel === undefined ? null : lowerIn(scope, channel, `the channel of ${title}`),
  });
  return recordNode(scope, node, { type: 'null' });
}
