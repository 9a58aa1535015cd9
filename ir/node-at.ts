import type { Block } from './nodes/block.ts';
import { type PipelineNode, visitNode } from './nodes/pipeline-node.ts';
import { branchName } from './nodes/when-node.ts';
import type { PipelineIR } from './pipeline-ir.ts';

/**
 * The node that stands at a task path, or null: `trials[3]/train` is the task `train` in the body of `trials`.
 * Indices and iterations are passed over, for the items of a fan-out share one body.
 */
export function nodeAt(ir: PipelineIR, path: string): PipelineNode | null {
  const names = path.split('/').map((part) => part.replace(/(\[\d+\]|#\d+)$/, ''));
  if (names[0] === 'onExit' && ir.onExit) return find(ir, ir.onExit, names.slice(1));
  return find(ir, ir.body, names);
}

function find(ir: PipelineIR, block: Block, [name, ...rest]: readonly string[]): PipelineNode | null {
  const node = block.nodes.find((candidate) => candidate.name === name);
  if (!node || rest.length === 0) return node ?? null;
  return visitNode<PipelineNode | null>(node, {
    when: ({ branches, otherwise }) => {
      const [scope, ...inner] = rest;
      const branch = branches.find((_, index) => branchName(index) === scope)?.body;
      const body = branch ?? (scope === 'otherwise' ? otherwise : null);
      return body ? find(ir, body, inner) : null;
    },
    fanOut: ({ body }) => find(ir, body, rest),
    loop: ({ body }) => find(ir, body, rest),
    finally: ({ body }) => find(ir, body, rest),
    call: ({ pipeline }) => {
      const called = ir.pipelines[pipeline];
      return called ? find(ir, called.body, rest) : null;
    },
    task: () => null,
    approval: () => null,
    sleep: () => null,
    promote: () => null,
    notify: () => null,
  });
}
