import type { EventFacts } from '../../ir/event-facts.ts';

export type Event<Facts extends EventFacts = EventFacts> = Facts & {
  /** Grows in the order in which they came to be; numbers may be missing. */
  readonly sequence: number;
  /** What happened, told apart from all else: the same is told once. */
  readonly key: string;
  /** Milliseconds since the epoch. */
  readonly at: number;
};

/** A consumer that stood still for so long that events went before it read them. */
export interface Unread {
  readonly consumer: string;
  readonly events: number;
}

/**
 * What happened in a project, append-only and in one order. Other tables write an event in the transaction of the change that
 * it tells of, so that neither is there without the other. A reader that has seen an event has seen all before it.
 *
 * @example for (const event of await events.after(cursor, 100)) tell(event);
 */
export interface EventTable {
  /** @returns false when there is one of that key: nothing is written then */
  append(key: string, facts: EventFacts, at: number): Promise<boolean>;
  /** Those after a sequence, the oldest first. @throws PageError for a limit that no page can have. */
  after(sequence: number, limit: number): Promise<readonly Event[]>;
  /** The sequence of the newest; 0 when nothing has happened yet. */
  newest(): Promise<number>;
  /** Up to where a consumer has done all; null for one that has not begun. */
  cursor(consumer: string): Promise<number | null>;
  /**
   * Compare and set, so that of two processes of one consumer one moves on.
   *
   * @param from where it was read; null begins
   * @returns false when it does not stand there
   */
  moveCursor(consumer: string, from: number | null, to: number): Promise<boolean>;
  /** How many `deleteBefore` would take. */
  countBefore(at: number): Promise<number>;
  /**
   * Events of before a time go, whether or not they were read: a consumer that stands still for good keeps none. But the newest
   * stays, from which the order goes on.
   *
   * @returns what consumers that have begun had still to read of them
   */
  deleteBefore(at: number): Promise<readonly Unread[]>;
}
