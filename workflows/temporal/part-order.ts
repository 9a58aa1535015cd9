import { defineSignal } from '@temporalio/workflow';
import type { RunRequest } from '../../ir/protocol/run-request.ts';
import type { NodeResult } from '../execution.ts';
import type { ItemFailures, ItemsPart, LoopPart } from '../part.ts';
import type { Settled } from '../settled.ts';

/** What the workflow of a part is started with, and continued as new with. */
export type PartOrder = ItemsOrder | LoopOrder;

interface OrderBase {
  readonly request: RunRequest;
}

export interface ItemsOrder extends OrderBase {
  readonly part: ItemsPart;
  /** How the items before those of the part ended, where earlier workflows of its chain ran them. */
  readonly done: readonly Settled[];
}

export interface LoopOrder extends OrderBase {
  readonly part: LoopPart;
}

export type PartEnd = ItemsEnd | LoopEnd;

export interface ItemsEnd {
  readonly kind: 'items';
  readonly outcomes: readonly Settled[];
}

export interface LoopEnd {
  readonly kind: 'loop';
  readonly result: NodeResult;
  readonly sequence: number;
}

/** From a part to whoever started it: how many of its items have failed. */
export const itemsFailedSignal = defineSignal<[PartNews]>('itemsFailed');
/** To a part of a fan-out: no more of it is wanted, because of that. */
export const stopSignal = defineSignal<[because: string]>('stop');

export interface PartNews extends ItemFailures {
  /** The workflow's id. */
  readonly part: string;
}
