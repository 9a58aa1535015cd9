import type { Binding } from '../binding.ts';
import { type NodeBase, node } from './node-base.ts';

/**
 * A model made a version of the registry and, where an endpoint is named, brought into its traffic by a rollout that
 * outlives the run. It gives a `Promotion`.
 *
 * Inputs: `model` (artifact), `name` (registry name; the endpoint's when left out), `endpoint` (text or null),
 * `alias` (default `champion`), `strategy` (`{ canary: [5, 25, 100], bake: '10m' }` or null), `evidence` (any JSON).
 */
export interface PromoteNode extends NodeBase {
  readonly kind: 'promote';
  readonly inputs: Readonly<Record<string, Binding>>;
}

export const PromoteNode = node<PromoteNode>('promote');

/** What a promotion ended with. */
export type Promotion = {
  readonly model: string;
  readonly version: number;
  readonly alias: string;
  readonly endpoint: string | null;
  readonly status: 'promoted' | 'rolledBack';
  readonly reason: string | null;
};
