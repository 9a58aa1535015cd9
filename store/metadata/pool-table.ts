import type { SlotAnswer, SlotDemand, SlotWaiter } from '../../ir/protocol/slots.ts';
import type { TaskOrigin } from '../../ir/protocol/task-dispatch.ts';
import type { Page, PageRequest } from './metadata-store.ts';

/** A pool as somebody has set it. */
export interface Pool {
  readonly name: string;
  readonly slots: number;
  readonly updatedAt: number;
  readonly updatedBy: string;
}

/** A task that has slots of a pool, or stands in line for them; with the path `''` the run itself. */
export interface PoolPlace extends TaskOrigin {
  readonly slots: number;
  /** 1 is served before 5. */
  readonly priority: number;
  readonly askedAt: number;
}

/** A pool, who has its slots, and who stands in line, the first first. */
export interface PoolState {
  readonly name: string;
  /** Null where nobody has set it: a pipeline's, whose runs say themselves how many there may be. */
  readonly set: Pool | null;
  readonly slots: number;
  readonly holds: readonly PoolPlace[];
  readonly waits: readonly PoolPlace[];
}

/** All that a task needs, which it gets together or not at all. */
export interface SlotRequest {
  readonly by: TaskOrigin;
  readonly demands: readonly SlotDemand[];
  readonly priority: number;
  /** Of the workflow that waits; null in a run of one process. */
  readonly workflowId: string | null;
  /** Until when it stands in line without asking again. */
  readonly standsUntil: number;
  /** From then on what it got counts no more, whatever is known of the task: nobody may be left to write down its end. */
  readonly holdsUntil: number;
}

/**
 * Slots are had by whoever was granted them for as long as its run and its task have no end in the store and its lease has
 * not run out: so nothing has to give them back, and what gives them back makes it quicker.
 */
export interface PoolTable {
  /** @param slots 0 lets nothing through. What is had beyond them is left to its end. */
  set(name: string, slots: number, by: string): Promise<Pool>;
  /** @throws MetadataError `notFound`, or `conflict` while somebody has slots of it or stands in line. */
  delete(name: string, now: number): Promise<void>;
  sizes(): Promise<readonly Pool[]>;
  /** By name: those that are set, and those of pipelines with runs under way. */
  list(now: number): Promise<readonly PoolState[]>;
  /** The same by pages. */
  page(now: number, page?: PageRequest): Promise<Page<PoolState>>;
  get(name: string, now: number): Promise<PoolState | null>;
  /**
   * Stands in line and takes the slots if it is its turn: all pools have as many free, and nobody who stands before it in
   * one of them fits into that at all. Asked again, it keeps its place, or what it has.
   */
  take(request: SlotRequest, now: number): Promise<SlotAnswer>;
  /** Whose turn it may be now: of a pool that has got more slots, say. */
  turns(name: string, now: number): Promise<readonly SlotWaiter[]>;
  /**
   * Gives back what a task has or waits for, or all of a run where the path is null.
   *
   * @returns whose turn it may be now.
   */
  giveBack(by: { readonly runId: string; readonly path: string | null }, now: number): Promise<readonly SlotWaiter[]>;
}
