import type { Block } from '../../ir/nodes/block.ts';
import { type PipelineNode, visitNode } from '../../ir/nodes/pipeline-node.ts';
import type { PipelineIR } from '../../ir/pipeline-ir.ts';
import { CONTROL_QUEUE, type Resources, settingsOf } from '../../ir/step-contract.ts';

/** What one task of a pipeline asks of a worker. */
export interface Demand {
  /** The task's name, with the scopes around it. */
  readonly task: string;
  /** Null for a promotion, which is the serving worker's own work. */
  readonly step: string | null;
  readonly resources: Resources;
}

/** What a pipeline's tasks ask of workers, those of pipelines called as steps and of the exit handler included. */
export function demandsOf(ir: PipelineIR): readonly Demand[] {
  const called = Object.values(ir.pipelines).flatMap(({ name, body }) => ofBlock(ir, body, `${name}/`));
  return [...ofBlock(ir, ir.body, ''), ...called, ...(ir.onExit ? ofBlock(ir, ir.onExit, 'onExit/') : [])];
}

function ofBlock(ir: PipelineIR, block: Block, scope: string): readonly Demand[] {
  return block.nodes.flatMap((node) => ofNode(ir, node, `${scope}${node.name}`));
}

const SERVING: Resources = { queue: 'serving', memory: null, cpu: null, gpu: null };

function ofNode(ir: PipelineIR, node: PipelineNode, task: string): readonly Demand[] {
  return visitNode<readonly Demand[]>(node, {
    task: ({ step, overrides }) => {
      const contract = ir.steps[step];
      if (contract === undefined) return [];
      const { resources } = settingsOf(contract, overrides);
      return [
        { task, step, resources: contract.cost === 'light' ? { ...resources, queue: CONTROL_QUEUE } : resources },
      ];
    },
    when: ({ branches, otherwise }) =>
      [...branches.map(({ body }) => body), ...(otherwise ? [otherwise] : [])].flatMap((body) =>
        ofBlock(ir, body, `${task}/`),
      ),
    fanOut: ({ body }) => ofBlock(ir, body, `${task}/`),
    loop: ({ body }) => ofBlock(ir, body, `${task}/`),
    finally: ({ body }) => ofBlock(ir, body, `${task}/`),
    approval: () => [],
    sleep: () => [],
    call: () => [],
    promote: () => [{ task, step: null, resources: SERVING }],
  });
}
