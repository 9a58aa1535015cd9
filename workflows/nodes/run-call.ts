import { isJsonObject, type JsonObject, type JsonSchema } from '../../ir/json.ts';
import type { CallNode } from '../../ir/nodes/call-node.ts';
import { evaluateFields } from '../evaluate-binding.ts';
import type { Execution, NodeResult } from '../execution.ts';
import { graphFailure } from '../graph-failure.ts';
import { bindingSource, pathIn, rootScope, type Scope } from '../scope.ts';

/** Runs a pipeline called as a step, in a graph of its own. */
export async function runCall(node: CallNode, scope: Scope, execution: Execution): Promise<NodeResult> {
  const graph = execution.compiled.ir.pipelines[node.pipeline];
  if (!graph) throw graphFailure(`Pipeline '${node.pipeline}' is not in the compiled file.`);
  const path = pathIn(scope, node.name);
  const input = withDefaults(graph.params, evaluateFields(node.params, bindingSource(scope, execution)));
  execution.emit({ path, kind: 'call', status: 'running', input });
  const inner = rootScope(graph.body, input, '', path);
  return { settled: await execution.runBlock(graph.body, inner, execution), shown: { input } };
}

/** Fills in the defaults that the parameters' schema gives. */
function withDefaults(schema: JsonSchema, params: JsonObject): JsonObject {
  const properties = isJsonObject(schema.properties) ? schema.properties : {};
  const defaults = Object.entries(properties).flatMap(([name, property]) =>
    isJsonObject(property) && property.default !== undefined ? [[name, property.default] as const] : [],
  );
  return { ...Object.fromEntries(defaults), ...params };
}
