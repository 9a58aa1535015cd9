import { z } from 'zod';
import type { ArtifactRef } from '../ir/artifact.ts';
import {
  all,
  and,
  approval,
  type Dataset,
  dataset,
  definePipeline,
  defineStep,
  eq,
  fanOut,
  format,
  gte,
  importArtifact,
  includes,
  loop,
  lt,
  type Model,
  max,
  metrics,
  model,
  not,
  onMetricCrossed,
  onPartitionArrived,
  onRunEnded,
  onStale,
  onWebhook,
  type Ref,
  registered,
  sleep,
  when,
} from './index.ts';
import { promote } from './promote.ts';

/*
 * What the compiler of TypeScript must accept and refuse. Each `@ts-expect-error` says why the line below it is wrong;
 * should it be accepted one day, that is the error.
 */

/** Fails to compile unless the two types are the same. */
type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : never;
function same<A, B>(_: Same<A, B>): void {}

const Flight = z.object({ id: z.int(), delay: z.number() });
const Weather = z.object({ id: z.int(), wind: z.number() });

const train = defineStep({
  name: 'train',
  input: z.object({
    rows: dataset(Flight),
    rate: z.number(),
    epochs: z.int().default(10),
    tags: z.array(z.object({ key: z.string() })).optional(),
  }),
  output: z.object({ model: model(), auc: z.number(), note: z.string().nullable(), hint: z.string().optional() }),
}).implement(async ({ input, task }) => {
  same<typeof input.epochs, number>(true);
  same<typeof input.rows, Dataset<{ id: number; delay: number }>>(true);
  return { model: await task.write('model', () => undefined), auc: 1, note: null };
});

const notify = defineStep({
  name: 'notify',
  input: z.object({ text: z.string(), extra: z.json().optional() }),
  output: z.object({ sent: z.boolean() }),
}).implement(() => ({ sent: true }));

declare const flights: Ref<Dataset<{ id: number; delay: number }>>;
declare const weather: Ref<Dataset<{ id: number; wind: number }>>;
declare const wide: Ref<Dataset<{ id: number; delay: number; origin: string }>>;
declare const count: Ref<number>;
declare const text: Ref<string>;
declare const choice: Ref<'a' | 'b'>;
declare const flag: Ref<boolean>;
declare const maybe: Ref<{ auc: number } | null>;
declare const names: Ref<string[]>;

export function wiring(): void {
  const out = train({ rows: flights, rate: 0.1 });
  same<typeof out.auc, Ref<number>>(true);
  same<typeof out.note, Ref<string | null>>(true);
  same<typeof out.hint, Ref<string | undefined>>(true);
  train({ rows: flights, rate: count, epochs: count, tags: [{ key: 'a' }, { key: text }] });
  train({ rows: wide, rate: 1 });
  notify({ text: format`${out.auc} of ${text}`, extra: { deep: [out.auc, { text }] } });

  // @ts-expect-error rows of Weather are not rows of Flight
  train({ rows: weather, rate: 0.1 });
  // @ts-expect-error a model is no dataset
  train({ rows: out.model, rate: 0.1 });
  // @ts-expect-error a text is no number
  train({ rows: flights, rate: text });
  // @ts-expect-error a text is no number, as a literal too
  train({ rows: flights, rate: '0.1' });
  // @ts-expect-error `rate` is missing
  train({ rows: flights });
  // @ts-expect-error the step has no input `speed`
  train({ rows: flights, rate: 1, speed: 2 });
  // @ts-expect-error the key of a tag is a text, at any depth
  train({ rows: flights, rate: 1, tags: [{ key: count }] });
  // @ts-expect-error the output has no field `loss`
  out.loss;
  // @ts-expect-error what may be null is not given to what needs a text
  notify({ text: out.note });
  // @ts-expect-error what may be null is null in its fields too
  train({ rows: flights, rate: maybe.auc });
  // @ts-expect-error the items of a list are not picked by index
  names[0];
  // @ts-expect-error a Ref is not compared like a number
  out.auc > 1;
  // @ts-expect-error a Ref is not calculated with
  out.auc * 2;
}

export function contracts(): void {
  const shapes = { input: z.object({ a: z.string() }), output: z.object({ b: z.number() }) };
  // @ts-expect-error a duration is a number and a unit, not '2 hrs'
  defineStep({ name: 's', ...shapes, timeout: '2 hrs' });
  // @ts-expect-error memory has binary units
  defineStep({ name: 's', ...shapes, resources: { memory: '16GB' } });
  // @ts-expect-error there is no such effect
  defineStep({ name: 's', ...shapes, effects: 'some' });
  // @ts-expect-error a source is the name of an input
  defineStep({ name: 's', ...shapes, sources: ['b'] });
  // @ts-expect-error a cache key names inputs
  defineStep({ name: 's', ...shapes, cache: { key: ['b'] } });
  defineStep({ name: 's', ...shapes, cache: { key: ['a'], ttl: '7d' } });
  // @ts-expect-error a call gives a value for its cache key, not a list of inputs
  defineStep({ name: 's', ...shapes }).implement(() => ({ b: 1 }))({ a: 'x' }, { cache: { key: ['a'] } });
  // @ts-expect-error a contract has no such field
  defineStep({ name: 's', ...shapes, timeuot: '2h' });
  // @ts-expect-error a contract without a handler is no step yet
  defineStep({ name: 's', ...shapes })({ a: 'x' });
  // @ts-expect-error a command's step has no handler to come
  defineStep({ name: 's', ...shapes, process: { command: ['sh'] } }).implement;
  defineStep({ name: 's', ...shapes, process: { command: ['sh'] } })({ a: 'x' }, { queue: 'gpu', timeout: '1h' });
  // @ts-expect-error the handler gives what the contract says
  defineStep({ name: 's', ...shapes }).implement(() => ({ b: 'one' }));
  const maker = defineStep({ name: 's', input: z.object({}), output: z.object({ m: model() }) });
  // @ts-expect-error a dataset is no model
  maker.implement(async ({ task }) => ({
    m: await task.write('dataset', () => undefined),
  }));
  // @ts-expect-error a call has no such option
  notify({ text: 'x' }, { priority: 1 });
}

export function conditions(): void {
  gte(count, 1);
  gte('b', text);
  eq(choice, 'a');
  eq(5, count);
  eq(text, choice);
  includes(names, 'x');
  includes(text, 'part');
  // @ts-expect-error a number is not compared with a text
  gte(count, 'one');
  // @ts-expect-error a choice of 'a' and 'b' is never 'c'
  eq(choice, 'c');
  // @ts-expect-error a number never equals a text
  eq(count, text);
  // @ts-expect-error what may be null has no order; test it with isNull first
  lt(maybe.auc, 1);
  // @ts-expect-error a list of texts holds no number
  includes(names, 1);
  when(and(gte(count, 1), not(flag)), { do: () => 1 });
  // @ts-expect-error `!` of a condition is false at once: write not(…)
  when(!gte(count, 1), { do: () => 1 });
  // @ts-expect-error `!` of a reference is false at once: write not(…)
  when(!flag, { do: () => 1 });
  // @ts-expect-error `===` compares the references, not what they stand for: write eq(…)
  when(choice === text, { do: () => 1 });
  // @ts-expect-error what the file knows is no condition: write if
  when(true, { do: () => 1 });
  // @ts-expect-error a further branch has a condition too
  when(flag, { do: () => 1, elseWhen: [{ condition: !flag, do: () => 1 }] });
  // @ts-expect-error `until` tests what the iteration gave
  loop(1, { max: 3, until: () => true }, (value) => value);
  // @ts-expect-error a part of a condition is one itself
  and(flag, choice === text);
  // @ts-expect-error there is nothing to negate in what the file knows
  not(false);
  // @ts-expect-error a number is no condition
  when(count, { do: () => 1 });
}

export function scopes(): void {
  const both = when(flag, { do: () => count, otherwise: () => ({ text }) });
  same<typeof both, Ref<number | { text: string }>>(true);
  const alone = when(flag, { do: () => count });
  same<typeof alone, Ref<number | null>>(true);
  const three = when(flag, { do: () => count, elseWhen: [{ condition: flag, do: () => text }], otherwise: () => flag });
  same<typeof three, Ref<string | number | boolean>>(true);
  const nothing = when(flag, { do: () => {}, otherwise: () => undefined });
  same<typeof nothing, Ref<null>>(true);

  const lengths = fanOut(names, (name, index) => {
    same<typeof name, Ref<string>>(true);
    same<typeof index, Ref<number>>(true);
    return { name, sent: notify({ text: name }).sent };
  });
  same<typeof lengths, Ref<{ name: string; sent: boolean }[]>>(true);
  const some = fanOut([1, 2], { minSuccess: 0.5 }, (n) => n);
  same<typeof some, Ref<(number | null)[]>>(true);
  const whole = fanOut([1, 2], { minSuccess: 1, concurrency: 2 }, (n) => n);
  same<typeof whole, Ref<number[]>>(true);
  const mixed = fanOut([{ a: count, b: 1 }], ({ a }) => a);
  same<typeof mixed, Ref<number[]>>(true);
  max(lengths, (item) => item.name);
  all(lengths, (item) => item.sent);
  // @ts-expect-error `all` is of booleans
  all(lengths, (item) => item.name);
  // @ts-expect-error failed items give null, which the step does not take
  fanOut(some, (n) => train({ rows: flights, rate: n }));

  const last = loop(
    { loss: 1, model: null as Model | null },
    { max: 3, until: (value) => lt(value.loss, 0.1) },
    () => ({
      loss: count,
      model: train({ rows: flights, rate: 1 }).model,
    }),
  );
  same<typeof last.loss, Ref<number>>(true);
  // @ts-expect-error a loop gives back what it was given: a number
  loop(1, { max: 3, until: (value) => lt(value, 1) }, () => text);
  // @ts-expect-error a loop has an end
  loop(1, { until: (value) => lt(value, 1) }, (value) => value);
  // @ts-expect-error nothing can be awaited while the pipeline is described
  fanOut(names, async (name) => name);
  // @ts-expect-error nothing can be awaited while the pipeline is described
  when(flag, { do: async () => 1 });
}

export function pauses(): void {
  const decision = approval({ form: z.object({ reason: z.string() }), timeout: '1d', onTimeout: 'reject' });
  same<typeof decision.approved, Ref<boolean>>(true);
  same<typeof decision.form, Ref<{ reason: string } | null>>(true);
  approval({ form: z.object({ reason: z.string() }), timeout: '1d', onTimeout: { approve: { reason: 'late' } } });
  // @ts-expect-error the form asks for a reason
  approval({ form: z.object({ reason: z.string() }), timeout: '1d', onTimeout: { approve: {} } });
  // @ts-expect-error an approval says what happens when nobody decides
  approval({ timeout: '1d' });
  // @ts-expect-error an approval does not wait for ever
  approval({ onTimeout: 'fail' });
  sleep(text);
  // @ts-expect-error a duration is a number and a unit
  sleep('soon');
}

export function outside(): void {
  const rows = importArtifact({ uri: text, artifact: 'dataset', schema: Flight });
  train({ rows, rate: 1 });
  const other = importArtifact({ uri: 'file:///w.csv', artifact: 'dataset', schema: Weather });
  // @ts-expect-error rows of Weather are not rows of Flight
  train({ rows: other, rate: 1 });
  same<typeof champion, Ref<Model>>(true);
  promote({ model: champion, endpoint: 'flights' });
  promote({ model: champion, name: 'flights' });
  // @ts-expect-error what is promoted has a name, or an endpoint's
  promote({ model: champion });
  // @ts-expect-error a dataset is not promoted
  promote({ model: flights, name: 'flights' });
  // @ts-expect-error an alias or a version is missing
  registered('flights');
  const first = registered('flights@champion', { optional: true });
  // @ts-expect-error before the first promotion there is no model
  promote({ model: first, name: 'flights' });
}
const champion = registered('flights@champion');

export const inner = definePipeline(
  { name: 'inner', params: z.object({ size: z.number().default(1), rows: dataset(Flight) }) },
  ({ params, run }) => {
    same<typeof params.size, Ref<number>>(true);
    same<typeof run.partition, Ref<string | null>>(true);
    // @ts-expect-error there is no such parameter
    params.sise;
    // @ts-expect-error how the run ended is known in onExit alone
    run.status;
    return train({ rows: params.rows, rate: params.size });
  },
);

export const outer = definePipeline(
  {
    name: 'outer',
    params: z.object({ seed: z.number() }),
    onExit: ({ run, params }) => format`${run.status}${params.seed}`,
  },
  () => {
    const out = inner({ rows: flights });
    same<typeof out.auc, Ref<number>>(true);
    // @ts-expect-error `rows` is missing
    inner({ size: 1 });
    return out;
  },
);

// @ts-expect-error a body describes tasks and cannot wait for them
export const waits = definePipeline({ name: 'waits' }, async () => 1);
// @ts-expect-error there is no such overlap policy
export const often = definePipeline({ name: 'often', schedule: { cron: '* * * * *', overlap: 'queue' } }, () => 1);
export const scheduled = definePipeline(
  {
    name: 'scheduled',
    params: z.object({ rows: z.number(), source: z.string() }),
    // @ts-expect-error a schedule gives parameters of the pipeline's types
    schedule: { cron: '* * * * *', params: { rows: 'many' } },
  },
  () => 1,
);

const ended = { name: 't', of: 'p' } as const;
export const triggered = definePipeline(
  {
    name: 'triggered',
    params: z.object({ rows: z.number(), source: z.string() }),
    triggers: [
      onRunEnded({ ...ended, params: ({ event }) => ({ rows: event.version, source: event.run }) }),
      onWebhook({
        ...{ name: 'asked', body: z.object({ at: z.object({ rows: z.number() }) }) },
        params: ({ event }) => ({ rows: event.body.at.rows, source: event.delivery }),
      }),
      // @ts-expect-error `rows` is a number, and the event's field a text
      onRunEnded({ ...ended, params: ({ event }) => ({ rows: event.run }) }),
      // @ts-expect-error `rows` is a number
      onRunEnded({ ...ended, params: () => ({ rows: 'many' }) }),
      // @ts-expect-error the pipeline takes no `row`
      onRunEnded({ ...ended, params: () => ({ row: 1 }) }),
    ],
  },
  () => 1,
);
// @ts-expect-error an event runEnded has no `state`
onRunEnded({ ...ended, where: ({ event }) => eq(event.state, 'x') });
// @ts-expect-error a length of time is 26h, and not so
onStale({ ...ended, olderThan: '26 hrs' });
// @ts-expect-error files and a query are two triggers
onPartitionArrived({ name: 't', path: '/x/{day}', query: 'SELECT {day}', database: 'lake' });
// @ts-expect-error a metric goes beyond one limit
onMetricCrossed({ ...ended, metric: 'psi', above: 1, below: 0 });

/** A handler passes on what the task's context wrote. */
export const measure = defineStep({
  name: 'measure',
  input: z.object({ rows: dataset(Flight) }),
  output: z.object({ metrics: metrics(), rows: dataset(Flight) }),
}).implement(async ({ input, task }) => {
  const path: string = await task.read(input.rows);
  const written: ArtifactRef<'dataset'> = await task.write('dataset', () => undefined, { path });
  return { metrics: await task.write('metrics', () => undefined), rows: written };
});
