import { everyNode } from '../../ir/every-node.ts';
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

const SERVING: Resources = { queue: 'serving', memory: null, cpu: null, gpu: null };

/** What a pipeline's tasks ask of workers, those of pipelines called as steps and of the exit handler included. */
export function demandsOf(ir: PipelineIR): readonly Demand[] {
  return everyNode(ir).flatMap(({ path: task, node }): readonly Demand[] => {
    if (node.kind === 'promote') return [{ task, step: null, resources: SERVING }];
    const contract = node.kind === 'task' ? ir.steps[node.step] : undefined;
    if (node.kind !== 'task' || contract === undefined) return [];
    const { resources } = settingsOf(contract, node.overrides);
    const queue = contract.cost === 'light' ? CONTROL_QUEUE : resources.queue;
    return [{ task, step: node.step, resources: { ...resources, queue } }];
  });
}
