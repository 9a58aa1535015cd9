import { parseDuration } from '../../ir/duration.ts';
import { evaluateBinding } from '../../ir/evaluate-binding.ts';
import { graphFailure } from '../../ir/graph-failure.ts';
import type { JsonValue } from '../../ir/json.ts';
import type { SleepNode } from '../../ir/nodes/sleep-node.ts';
import type { Execution, NodeResult } from '../execution.ts';
import { bindingSource, pathIn, type Scope } from '../scope.ts';
import { succeeded } from '../settled.ts';

export async function runSleep(node: SleepNode, scope: Scope, execution: Execution): Promise<NodeResult> {
  const path = pathIn(scope, node.name);
  const ms = milliseconds(evaluateBinding(node.duration, bindingSource(scope, execution)) ?? null, path);
  const detail = { until: execution.port.now() + ms };
  execution.emit({ path, kind: 'sleep', status: 'waiting', detail });
  await execution.port.sleep(ms);
  return { settled: succeeded(null), shown: { detail } };
}

function milliseconds(duration: JsonValue, path: string): number {
  try {
    if (typeof duration === 'number' || typeof duration === 'string') return parseDuration(duration);
  } catch (error) {
    if (error instanceof RangeError) throw graphFailure(`Sleep '${path}': ${error.message}`);
    throw error;
  }
  throw graphFailure(`Sleep '${path}' needs milliseconds or text such as '30s', and got ${JSON.stringify(duration)}.`);
}
