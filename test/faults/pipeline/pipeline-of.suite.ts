import { approval, definePipeline, fanOut, format, gte, loop, type Ref, sleep, when } from 'millrace';
import { promote, publishPredictions } from 'millrace/steps';
import { z } from 'zod';
import { book, mail } from './effects.suite.ts';
import { gang } from './gang.suite.ts';
import { learn } from './learn.suite.ts';
import type { Block, Recipe } from './recipe.ts';
import { addUp, command, doomed, flaky, measure, pooled, predict, work } from './steps.suite.ts';

const params = z.object({ folder: z.string(), pauseMs: z.number() });

/** A run that nothing disturbs is one of a process of its own: it has nobody who approves, and shares no pools. */
export interface Setting {
  readonly isUndisturbed: boolean;
}

interface Place extends Setting {
  readonly folder: Ref<string>;
  readonly pauseMs: Ref<number>;
  readonly runId: Ref<string>;
  /** Tells the nodes of one scope apart. */
  readonly name: string;
}

/** The pipeline of a recipe. Its output is `{ values }`: what each lane came to. */
export function pipelineOf({ lanes, isDoomed }: Recipe, setting: Setting) {
  const onExit = ({ params: { folder } }: { readonly params: Ref<z.output<typeof params>> }) =>
    addUp({ folder, values: [] }, { name: 'farewell' });
  return definePipeline({ name: 'faulted', params, onExit }, ({ params: { folder, pauseMs }, run }) => {
    const place = { ...setting, folder, pauseMs, runId: run.id };
    const values = lanes.map((blocks, lane) =>
      blocks.reduce<Ref<number>>(
        (value, block, index) => record(block, value, { ...place, name: `l${lane}b${index}` }),
        addUp({ folder, values: [lane] }, { name: `l${lane}` }).value,
      ),
    );
    if (isDoomed) doomed({ folder, pauseMs, value: addUp({ folder, values }, { name: 'sum' }).value });
    return { values };
  });
}

type Of<K extends Block['kind']> = Extract<Block, { kind: K }>;

function record(block: Block, value: Ref<number>, place: Place): Ref<number> {
  const { name, folder, pauseMs, isUndisturbed } = place;
  const given = { folder, pauseMs, value };
  switch (block.kind) {
    case 'chain':
      return recordChain(block, value, place);
    case 'fanOut':
      return recordFanOut(block, value, place);
    case 'loop':
      return recordLoop(block, value, place);
    case 'light': {
      const each = fanOut(range(block.width), { name }, (item) => addUp({ folder, values: [value, item] }).value);
      return addUp({ folder, values: each }, { name: `${name}n` }).value;
    }
    case 'wide':
      return recordWide(block, value, place);
    case 'long':
      return recordLong(block, value, place);
    case 'when':
      return recordWhen(block, value, place);
    case 'flaky':
      return flaky({ ...given, failures: block.failures }, { name }).value;
    case 'tolerant':
      return recordTolerant(block, value, place);
    case 'pooled': {
      const step = isUndisturbed ? work : pooled;
      const each = fanOut(range(block.width), { name }, (salt) => step({ ...given, salt }, { name: 'pooled' }).value);
      return addUp({ folder, values: each }, { name: `${name}n` }).value;
    }
    case 'publish':
      return recordPublication(block, value, place);
    case 'command':
      return command(given, { name }).value;
    case 'twins': {
      const twins = [measure(given, { name: `${name}x` }).value, measure(given, { name: `${name}y` }).value];
      return addUp({ folder, values: twins }, { name: `${name}n` }).value;
    }
    case 'approval':
      return recordApproval(value, place);
    case 'sleep':
      return addUp({ folder, values: [value] }, { name: `${name}n`, after: sleep('500ms', { name }) }).value;
    case 'gang':
      return gang(given, { name, resources: { replicas: block.size } }).value;
    case 'promotions':
      return recordPromotions(block, value, place);
    case 'booking':
      return book(given, { name }).value;
    case 'mail':
      return recordMail(value, place);
  }
}

const range = (length: number) => Array.from({ length }, (_, index) => index + 1);

function recordChain({ length }: Of<'chain'>, value: Ref<number>, { name, folder, pauseMs }: Place): Ref<number> {
  return range(length).reduce<Ref<number>>(
    (last, salt) => work({ folder, pauseMs, value: last, salt }, { name: `${name}w${salt}` }).value,
    value,
  );
}

function recordFanOut(block: Of<'fanOut'>, value: Ref<number>, { name, folder, pauseMs }: Place): Ref<number> {
  const { width, concurrency, isNested } = block;
  const each = fanOut(range(width), { name, concurrency }, (salt) => {
    if (!isNested) return work({ folder, pauseMs, value, salt }).value;
    const inner = fanOut([1, 2], { name: 'inner' }, (item) => work({ folder, pauseMs, value: item, salt }).value);
    return addUp({ folder, values: inner }, { name: 'outer' }).value;
  });
  return addUp({ folder, values: each }, { name: `${name}n` }).value;
}

function recordLoop({ rounds }: Of<'loop'>, value: Ref<number>, { name, folder, pauseMs }: Place): Ref<number> {
  const start = { round: 0 as number | Ref<number>, value: value as number | Ref<number> };
  const until = (carried: Ref<{ round: number; value: number }>) => gte(carried.round, rounds - 1);
  const last = loop(start, { name, max: rounds, until }, (carried, iteration) => ({
    round: iteration,
    value: work({ folder, pauseMs, value: carried.value }).value,
  }));
  return addUp({ folder, values: [last.value] }, { name: `${name}n` }).value;
}

/** A part of it has light tasks under way for seconds, and ends with ordinary ones. */
function recordWide({ width }: Of<'wide'>, value: Ref<number>, { name, folder, pauseMs }: Place): Ref<number> {
  const each = fanOut(range(width), { name }, (item) =>
    when(gte(item, width - 1), {
      name: 'end',
      do: () => work({ folder, pauseMs, value, salt: item }).value,
      otherwise: () => addUp({ folder, values: [value, item] }).value,
    }),
  );
  return addUp({ folder, values: each }, { name: `${name}n` }).value;
}

/** More rounds than the run has room for, were all of them run, and more events than one history is to have. */
function recordLong({ rounds }: Of<'long'>, value: Ref<number>, { name, folder, pauseMs }: Place): Ref<number> {
  const start = { round: 0 as number | Ref<number>, value: value as number | Ref<number> };
  const until = (carried: Ref<{ round: number; value: number }>) => gte(carried.round, rounds - 1);
  const last = loop(start, { name, max: 700, until }, (carried, iteration) => {
    for (const nap of range(40)) sleep('1ms', { name: `nap${nap}` });
    const next = when(gte(iteration, rounds - 1), {
      name: 'end',
      do: () => work({ folder, pauseMs, value: carried.value }).value,
      otherwise: () => addUp({ folder, values: [carried.value] }).value,
    });
    return { round: iteration, value: next };
  });
  return addUp({ folder, values: [last.value] }, { name: `${name}n` }).value;
}

function recordWhen({ divisor }: Of<'when'>, value: Ref<number>, { name, folder, pauseMs }: Place): Ref<number> {
  const given = { folder, pauseMs, value };
  const chosen = when(gte(value, 1_000 / divisor), {
    name,
    do: () => work({ ...given, salt: 1 }).value,
    otherwise: () => command(given).value,
  });
  return addUp({ folder, values: [chosen] }, { name: `${name}n` }).value;
}

/** One of its items fails for good, which it allows for. */
function recordTolerant({ width }: Of<'tolerant'>, value: Ref<number>, { name, folder, pauseMs }: Place): Ref<number> {
  const given = { folder, pauseMs, value };
  const each = fanOut(range(width), { name, minSuccess: 0.5 }, (salt) =>
    when(gte(salt, width), {
      name: 'last',
      do: () => doomed(given).value,
      otherwise: () => work({ ...given, salt }).value,
    }),
  );
  return addUp({ folder, values: each }, { name: `${name}n` }).value;
}

function recordPublication({ rows }: Of<'publish'>, value: Ref<number>, { name, folder, pauseMs }: Place): Ref<number> {
  const made = predict({ folder, pauseMs, value, rows }, { name: `${name}p` });
  const database = format`${folder}/published.duckdb`;
  const given = { predictions: made.predictions, database, table: 'published', partition: name };
  return addUp({ folder, values: [publishPredictions(given, { name }).rows] }, { name: `${name}n` }).value;
}

/** The test approves. Nobody could in a run without Temporal, which has none for it. */
function recordApproval(value: Ref<number>, { name, folder, isUndisturbed }: Place): Ref<number> {
  const approved = () => {
    const decision = approval({ name, timeout: '30d', onTimeout: 'fail' });
    return when(decision.approved, { name: `${name}w`, do: () => value, otherwise: () => 0 });
  };
  return addUp({ folder, values: [isUndisturbed ? value : approved()] }, { name: `${name}n` }).value;
}

/** Two versions of a model of the run's own, one after the other. The second shares the endpoint's traffic for a while. */
function recordPromotions({ isServed }: Of<'promotions'>, value: Ref<number>, place: Place): Ref<number> {
  const { name, folder, pauseMs, runId } = place;
  const called = format`${runId}-${name}`;
  const where = isServed ? { endpoint: called } : { name: called };
  const learned = (rank: number) =>
    learn(
      { folder, pauseMs, value: addUp({ folder, values: [value, rank] }, { name: `${name}v${rank}` }).value },
      { name: `${name}m${rank}` },
    );
  const first = promote({ model: learned(1).model, ...where }, { name: `${name}p1` });
  const strategy = isServed ? ({ strategy: { canary: [50, 100], bake: '1s' } } as const) : {};
  const second = promote({ model: learned(2).model, ...where, ...strategy }, { name: `${name}p2`, after: first });
  return addUp({ folder, values: [first.version, second.version] }, { name: `${name}n` }).value;
}

/** A mail may come to nothing when its worker is lost, and nothing depends on it. */
function recordMail(value: Ref<number>, { name, folder, pauseMs }: Place): Ref<number> {
  const sent = fanOut([1], { name, minSuccess: 0 }, () => mail({ folder, pauseMs, value }).sent);
  return addUp({ folder, values: [value] }, { name: `${name}n`, after: sent }).value;
}
