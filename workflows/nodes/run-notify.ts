import type { Binding } from '../../ir/binding.ts';
import { evaluateBinding } from '../../ir/evaluate-binding.ts';
import { graphFailure } from '../../ir/graph-failure.ts';
import { messageText } from '../../ir/message-text.ts';
import type { NotifyNode } from '../../ir/nodes/notify-node.ts';
import type { Execution, NodeResult } from '../execution.ts';
import { missingIn } from '../input-of-task.ts';
import { bindingSource, pathIn, type Scope } from '../scope.ts';
import { succeeded } from '../settled.ts';

/** Leaves a message to the project's notifications. In a `finally`, one that lacks what it tells of is not told. */
export async function runNotify(node: NotifyNode, scope: Scope, execution: Execution): Promise<NodeResult> {
  const { project, runId, pipeline } = execution.request;
  const path = pathIn(scope, node.name);
  const missing = missingIn(node.text, scope) ?? (node.channel && missingIn(node.channel, scope));
  if (missing !== null) return { settled: { status: 'skipped', because: `what it tells comes from ${missing}` } };
  const read = (binding: Binding, what: string) => textOf(binding, what, path, scope, execution);
  // Items of a fan-out may say as many MiB, and all of it would go through the run's history.
  const text = messageText(read(node.text, 'a text'));
  const channel = node.channel && read(node.channel, 'the name of a notification');
  const input = channel === null ? { text } : { text, channel };
  execution.emit({ path, kind: 'notify', status: 'running', input });
  await execution.port.notify({ task: { project, runId, pipeline, path }, text, channel });
  return { settled: succeeded(null), shown: { input } };
}

function textOf(binding: Binding, what: string, path: string, scope: Scope, execution: Execution): string {
  const value = evaluateBinding(binding, bindingSource(scope, execution)) ?? null;
  if (typeof value === 'string' && value !== '') return value;
  throw graphFailure(`Notify '${path}' needs ${what}, and got ${JSON.stringify(value).slice(0, 80)}.`);
}
