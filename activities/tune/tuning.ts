import type { z } from 'zod';
import type { PipelineDefinition } from '../../dsl/pipeline.ts';
import type { Ref, RefCore } from '../../dsl/ref.ts';
import type { StepDefinition } from '../../dsl/step.ts';
import type { Wired } from '../../dsl/wired.ts';
import type { Dimension, Scalar } from './dimension.ts';
import type { RandomSearch, Strategy, SuccessiveHalving } from './strategy.ts';

/** A step or a pipeline. */
export type Tried = (StepDefinition | PipelineDefinition) & ((input: never, options?: never) => RefCore<unknown>);

export type InputOf<T> = T extends { readonly inputSchema: infer In extends z.ZodObject }
  ? z.input<In>
  : T extends { readonly paramsSchema: infer P extends z.ZodObject }
    ? z.input<P>
    : never;
export type OutputOf<T> = T extends (...args: never) => RefCore<infer Out> ? Out : never;

/** The fields that are numbers. */
export type NumberKeys<T> = { [K in keyof T]-?: NonNullable<T[K]> extends number ? K : never }[keyof T] & string;
type Keys<T> = keyof T & string;

/** For some inputs, what they may be: of their types, and nothing else. */
export type SpaceOf<I> = { readonly [K in keyof I]?: Dimension<Extract<I[K], Scalar>> };
export type Only<S, I> = S & { readonly [K in Exclude<keyof S, keyof I>]: never };

export type StrategyOf<T> = Strategy<NumberKeys<InputOf<T>>, Keys<OutputOf<T>>, Keys<InputOf<T>>>;
/** The inputs that a strategy gives. */
type GivenBy<St> =
  St extends SuccessiveHalving<infer Budget, string, infer Into>
    ? Budget | Into
    : St extends RandomSearch
      ? never
      : never;

type Fields<I> = { readonly [K in keyof I]: Wired<I[K]> };

export interface EarlyStop {
  /** So many rounds in a row without improvement end the search, 1 or more. */
  readonly patience: number;
  /** What the metric has to gain over the best before to count as improvement; any gain when left out. */
  readonly minImprovement?: number;
}

export interface Tuning<T extends Tried, S, St> {
  /** Of the loop, whose rounds the trials are; `tune` when left out. */
  readonly name?: string;
  readonly step: T;
  /** The inputs that are the same in all trials: those that neither the space nor the strategy gives. */
  readonly input: Fields<Omit<InputOf<T>, keyof S | GivenBy<St>>>;
  readonly space: S;
  /** A number that the step gives. */
  readonly metric: NumberKeys<OutputOf<T>>;
  readonly goal: 'maximize' | 'minimize';
  readonly strategy: St;
  readonly earlyStop?: EarlyStop;
  /** Trials under way at once, and with `earlyStop` those of a round of random search; no limit when left out. */
  readonly concurrency?: number;
  /** The share of a round's trials, 0 to 1, that must succeed; 0 when left out: one trial of the search has to. */
  readonly minSuccess?: number;
}

type ParamsOf<S> = { [K in keyof S]: S[K] extends Dimension<infer V> ? V : never };

/** A trial as it was run in one round. */
export interface Trial<S> {
  /** From 0, in the order in which trials were drawn. */
  readonly trial: number;
  readonly round: number;
  readonly params: ParamsOf<S>;
  readonly budget: number | null;
  /** Null of one that failed. */
  readonly metric: number | null;
}

export interface BestTrial<T, S> extends Trial<S> {
  readonly metric: number;
  /** What the step gave. */
  readonly output: OutputOf<T>;
}

export interface Tuned<T, S> {
  readonly best: Ref<BestTrial<T, S>>;
  /** All of all rounds, in their order. */
  readonly trials: Ref<Trial<S>[]>;
}
