import type { Binding } from '../binding.ts';
import { type NodeBase, node } from './node-base.ts';

/** A message to people, by the project's notifications. It gives null, once the message is kept to be told. */
export interface NotifyNode extends NodeBase {
  readonly kind: 'notify';
  readonly text: Binding;
  /** Binds to the name of the notification that tells it; null leaves it to those that tell of messages. */
  readonly channel: Binding | null;
}

export const NotifyNode = node<NotifyNode>('notify');
