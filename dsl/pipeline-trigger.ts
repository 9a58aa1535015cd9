import type { z } from 'zod';
import type { EventFacts } from '../ir/event-facts.ts';
import type { sourceSchema } from '../ir/source-input.ts';
import type { TriggerSource } from '../ir/trigger.ts';
import { type KeysOf, refuseUnknownKeys } from './known-keys.ts';
import { makeRef } from './make-ref.ts';
import type { Test } from './predicates.ts';
import type { Ref, RefCore } from './ref.ts';
import type { Wired } from './wired.ts';

/** What a trigger knows of an event of a kind. `watched` is the store's own. */
export type EventOf<Kind extends TriggerSource['kind']> = Omit<
  Extract<EventFacts, { readonly kind: Kind }>,
  'kind' | 'watched'
>;

/** Parameters of a pipeline, any of them, as values or Refs. */
export type SomeParams<P> = { readonly [Name in keyof P]?: Wired<P[Name]> };

/** What all triggers have: which events count, and what the run gets. */
export interface TriggerOptions<E, G extends object> {
  /** Unique in the project: a letter, then letters, digits, `_` or `-`. */
  readonly name: string;
  /** Which events start a run; all when left out. */
  readonly where?: (context: { readonly event: Ref<E> }) => Test;
  /** What the run is given: values, and parts of the event. */
  readonly params?: (context: { readonly event: Ref<E> }) => G;
  /** Where the event names the run's partition; `event.partition` when left out, where it has one. */
  readonly partition?: (context: { readonly event: Ref<E> }) => RefCore<string | null>;
  /** Keeps it from starting runs until it is unpaused. */
  readonly paused?: boolean;
  /** Why it is as it is, for people. */
  readonly note?: string;
}

/** What a trigger waits for, as it is given. */
export type SourceDraft = z.input<typeof sourceSchema>;

/**
 * A trigger of a pipeline's file, as `onRunEnded` and the like make it.
 *
 * @typeParam G what it gives its pipeline
 */
export interface PipelineTrigger<out G extends object = object> {
  readonly name: string;
  readonly source: () => SourceDraft;
  readonly where: () => Test | null;
  readonly params: () => G | null;
  readonly partition: () => RefCore<string | null> | null;
  readonly paused: boolean;
  readonly note: string | null;
}

const TRIGGER_KEYS: KeysOf<TriggerOptions<unknown, object>> = {
  ...{ name: true, where: true, params: true, partition: true, paused: true, note: true },
};

/**
 * What it says of the event is asked when its pipeline is compiled, so that what is wrong is told with the pipeline's name.
 *
 * @param own what options of the kind have beside those of all triggers
 * @throws CompileError `unknownField` for options that there are not
 */
export function makeTrigger<E, G extends object>(
  options: TriggerOptions<E, G>,
  kind: TriggerSource['kind'],
  own: readonly string[],
  source: () => SourceDraft,
): PipelineTrigger<G> {
  const { name, where, params, partition, paused = false, note } = options;
  const known = Object.fromEntries([...Object.keys(TRIGGER_KEYS), ...own].map((key) => [key, true] as const));
  refuseUnknownKeys(`Trigger '${name}'`, options, known);
  const title = `the event ${kind}`;
  const event = () => makeRef<E>({ binding: { kind: 'param', path: [] }, origins: [], title, schema: null });
  return Object.freeze({
    ...{ name, source, paused, note: note ?? null },
    where: () => where?.({ event: event() }) ?? null,
    params: () => params?.({ event: event() }) ?? null,
    partition: () => partition?.({ event: event() }) ?? null,
  });
}
