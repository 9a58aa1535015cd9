import type { ApprovalNode } from './approval-node.ts';
import type { CallNode } from './call-node.ts';
import type { FanOutNode } from './fan-out-node.ts';
import type { FinallyNode } from './finally-node.ts';
import type { LoopNode } from './loop-node.ts';
import type { NotifyNode } from './notify-node.ts';
import type { PromoteNode } from './promote-node.ts';
import type { SleepNode } from './sleep-node.ts';
import type { TaskNode } from './task-node.ts';
import type { WhenNode } from './when-node.ts';

/** Everything that may stand in a graph, told apart by `kind`. */
export type PipelineNode =
  | TaskNode
  | WhenNode
  | FanOutNode
  | LoopNode
  | ApprovalNode
  | SleepNode
  | CallNode
  | PromoteNode
  | NotifyNode
  | FinallyNode;

/** One function for each kind of node: leaving a kind out, or adding one to the IR, is an error of the compiler. */
export type NodeVisitor<R> = {
  readonly [K in PipelineNode['kind']]: (node: Extract<PipelineNode, { kind: K }>) => R;
};

export function visitNode<R>(node: PipelineNode, visitor: NodeVisitor<R>): R {
  const visit = visitor[node.kind] as (node: PipelineNode) => R;
  return visit(node);
}
