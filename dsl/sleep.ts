import { type Duration, parseDuration } from '../ir/duration.ts';
import { SleepNode } from '../ir/nodes/sleep-node.ts';
import { lowerIn } from './lower.ts';
import { afterOf, type NodeOptions } from './node-options.ts';
import { recordNode } from './record-node.ts';
import { claimName, recordingScope, refusal } from './recorder.ts';
import { isRef, type Ref, type RefCore } from './ref.ts';

/**
 * A wait that survives restarts and holds no worker. Name what it gives in `after` of the tasks that wait.
 *
 * @param duration milliseconds or text such as `'30s'`, or a Ref to either
 */
export function sleep(duration: Duration | RefCore<number | string>, options: NodeOptions = {}): Ref<null> {
  const scope = recordingScope('`sleep`');
  const name = claimName(scope, options.name ?? 'sleep', 'sleep');
  const title = `sleep '${name}'`;
  if (!isRef(duration)) {
    try {
      parseDuration(duration);
    } catch (error) {
      throw refusal('badValue', scope, `the duration of ${title}: ${error instanceof Error ? error.message : error}`);
    }
  }
  const length = lowerIn(scope, duration, `the duration of ${title}`);
  const after = afterOf(scope, options, title);
  return recordNode(scope, SleepNode.create({ name, after, duration: length }), { type: 'null' });
}
