import { contractBreaks } from '../../ir/contract-breaks.ts';
import { evaluateFields } from '../../ir/evaluate-binding.ts';
import { graphFailure } from '../../ir/graph-failure.ts';
import type { CallNode } from '../../ir/nodes/call-node.ts';
import { readBySchema } from '../../ir/read-by-schema.ts';
import type { Execution, NodeResult } from '../execution.ts';
import { bindingSource, pathIn, rootScope, type Scope } from '../scope.ts';

/** Runs a pipeline called as a step, in a graph of its own. */
export async function runCall(node: CallNode, scope: Scope, execution: Execution): Promise<NodeResult> {
  const graph = execution.compiled.ir.pipelines[node.pipeline];
  if (!graph) throw graphFailure(`Pipeline '${node.pipeline}' is not in the compiled file.`);
  const path = pathIn(scope, node.name);
  const given = evaluateFields(node.params, bindingSource(scope, execution));
  const { value: input, faults } = readBySchema(graph.params, given);
  execution.emit({ path, kind: 'call', status: 'running', input });
  if (faults.length > 0) {
    throw graphFailure(
      `The parameters of call '${path}' break the contract of pipeline '${graph.name}': ${contractBreaks(faults)}. ` +
        'See what the tasks before it gave (millrace runs get), or let the pipeline take it.',
    );
  }
  const inner = rootScope(graph.body, input, '', path);
  return { settled: await execution.runBlock(graph.body, inner, execution), shown: { input } };
}
