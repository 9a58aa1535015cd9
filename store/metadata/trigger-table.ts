import type { TriggerMemory, TriggerSource, TriggerSpec } from '../../ir/trigger.ts';
import type { Change, ChangeLog, NewStarter, Starter } from './change-log.ts';
import type { Page, PageRequest } from './metadata-store.ts';

export type Trigger = Starter<TriggerSpec>;
export type NewTrigger = NewStarter<TriggerSpec>;
export type TriggerChange = Change<TriggerSpec>;

/** `waiting`: it is tried again, and becomes one of the others. */
export const FIRING_OUTCOMES = ['started', 'filtered', 'paused', 'refused', 'waiting'] as const;

/** What a trigger did about an event that it is for. */
export interface Firing {
  readonly trigger: string;
  /** The event's key: a trigger fires once for it. */
  readonly key: string;
  readonly sequence: number;
  readonly kind: TriggerSource['kind'];
  readonly eventAt: number;
  readonly outcome: (typeof FIRING_OUTCOMES)[number];
  /** Of a firing that started one. */
  readonly runId: string | null;
  /** Which in a row of runs that triggers started, each by what the one before did: 1 is the first. */
  readonly depth: number;
  /** Of one that did not. */
  readonly reason: string | null;
  /** When it was done; of one that waits, when it was tried first. */
  readonly at: number;
}

/**
 * What a trigger has seen of what it watches, and how its last look outside went. It is kept for what is watched: a look that
 * began before the trigger was changed tells nothing to what it watches after.
 */
export interface Watch {
  readonly memory: TriggerMemory | null;
  /** Grows with what is remembered; 0 before the first. */
  readonly asOf: number;
  /** Why the last look saw nothing; null where it went well. */
  readonly failure: string | null;
  readonly lookedAt: number | null;
}

/** The triggers of a project, with what they have seen and done. */
export interface TriggerTable extends ChangeLog<TriggerSpec> {
  /** @returns false when there is one of that trigger and key already, which stays unless it waits */
  addFiring(firing: Firing): Promise<boolean>;
  firing(trigger: string, key: string): Promise<Firing | null>;
  /** Those that wait, of all triggers: the one that has waited longest first. */
  waiting(): Promise<readonly Firing[]>;
  /** That of the firing that started a run; 0 for a run that no trigger started. */
  depthOf(runId: string): Promise<number>;
  /** Newest event first; of a deleted trigger too. */
  firings(trigger: string, page?: PageRequest): Promise<Page<Firing>>;
  watch(trigger: Trigger): Promise<Watch>;
  /** @returns false when something newer, or as new, is remembered: nothing is written then */
  remember(trigger: Trigger, memory: TriggerMemory, asOf: number): Promise<boolean>;
  /** How a look went. */
  looked(trigger: Trigger, failure: string | null, at: number): Promise<void>;
  /** What it has seen of what it watches: for one that was deleted, or is to watch something else. */
  forget(trigger: Trigger): Promise<void>;
  /** How many `deleteFiringsBefore` would take. */
  countFiringsBefore(at: number): Promise<number>;
  /** Firings of before a time go. */
  deleteFiringsBefore(at: number): Promise<void>;
}
