import { z } from 'zod';
import {
  after,
  all,
  any,
  approval,
  count,
  definePipeline,
  defineStep,
  eq,
  fanOut,
  finallyDo,
  format,
  gt,
  importArtifact,
  includes,
  isNull,
  loop,
  lt,
  max,
  min,
  ne,
  not,
  notify,
  or,
  registered,
  secret,
  sleep,
  when,
} from '../index.ts';
import { promote } from '../promote.ts';

/* Every form that a pipeline can take, once. */

const Row = z.object({ id: z.int(), amount: z.number() });

const add = defineStep({
  name: 'add',
  description: 'Adds two numbers.',
  input: z.object({ a: z.number(), b: z.number().default(1) }),
  output: z.object({ sum: z.number() }),
  cost: 'light',
}).implement(({ input }) => ({ sum: input.a + input.b }));

const describeFolder = defineStep({
  name: 'describeFolder',
  input: z.object({ uri: z.string(), labels: z.array(z.string()) }),
  output: z.object({ folder: z.object({ files: z.array(z.string()), bytes: z.number() }), ok: z.boolean() }),
  sources: ['uri'],
  reads: ['logicalTime', 'partition'],
  env: { LANG: 'C.UTF-8' },
  secrets: { TOKEN: secret('folder-token', '3') },
  cache: { ttl: '1d' },
}).implement(() => ({ folder: { files: [], bytes: 0 }, ok: true }));

const compress = defineStep({
  name: 'compress',
  input: z.object({ level: z.int().min(1).max(9), label: z.string().optional() }),
  output: z.object({ bytes: z.number() }),
  process: { command: ['sh', 'compress.sh'], files: ['scripts/*.sh'], environment: ['tools.lock'] },
});

const score = defineStep({
  name: 'score',
  input: z.object({ amount: z.number() }),
  output: z.object({ score: z.number() }),
  resources: { queue: 'scorers' },
  external: true,
});

const render = defineStep({
  name: 'render',
  input: z.object({ title: z.string() }),
  output: z.object({ pages: z.int() }),
  container: { image: 'registry.example/render:1' },
});

const twice = definePipeline(
  { name: 'twice', params: z.object({ value: z.number(), extra: z.number().default(0) }) },
  ({ params }) => {
    const once = add({ a: params.value, b: params.value });
    return add({ a: once.sum, b: params.extra }, { name: 'withExtra' });
  },
);

export default definePipeline(
  {
    name: 'control-flow',
    description: 'Every form that a pipeline can take.',
    params: z.object({ uri: z.string(), levels: z.array(z.int()).default([1, 9]), limit: z.number().default(10) }),
    queues: ['archive'],
    schedule: { cron: '30 6 * * MON-FRI', timezone: 'Europe/Berlin', overlap: 'bufferOne' },
    onExit: ({ run, params }) => render({ title: format`${params.uri}: ${run.status} ${run.error}` }),
  },
  ({ params, run }) => {
    const rows = importArtifact({ uri: params.uri, artifact: 'dataset', schema: Row });
    const { folder, ok } = describeFolder({ uri: params.uri, labels: ['all', run.pipeline] }, { queue: 'archive' });
    const champion = registered('amounts@champion');
    const earlier = registered('amounts@v1', { optional: true });

    const sizes = fanOut(params.levels, { name: 'sizes', minSuccess: 0.5 }, (level, index) => {
      const one = compress({ level, label: format`level ${level} (${index})` }, { retry: { attempts: 2 } });
      const nested = fanOut(['x', 'y'], (letter) => ({ letter, bytes: one.bytes }));
      return { bytes: one.bytes, nested };
    });

    const summed = loop({ sum: 0 }, { max: 5, until: (value) => gt(value.sum, params.limit) }, (value, iteration) => ({
      sum: add({ a: value.sum, b: iteration }).sum,
    }));

    const decision = approval({
      message: format`Release ${run.id}?`,
      form: z.object({ reason: z.string() }),
      roles: ['release'],
      timeout: '2d',
      onTimeout: 'reject',
    });
    const pause = sleep('30s', { after: [decision] });
    const call = twice({ value: summed.sum });
    const scored = score({ amount: call.sum }, { after: pause, timeout: '5m', cache: 'refresh' });
    after(rows, scored);

    const smallest = min(sizes, (size) => size.bytes);
    const outcome = when(or(ok, lt(smallest, max(params.levels))), {
      name: 'gate',
      do: () => promote({ model: champion, name: 'amounts', evidence: { score: scored.score, files: folder.files } }),
      elseWhen: [
        {
          condition: not(eq(decision.approved, false)),
          do: () => render({ title: 'approved' }, { name: 'renderApproved' }),
        },
        {
          condition: ne(count(sizes), 2),
          do: () => ({ kept: earlier }),
        },
      ],
      otherwise: () => {
        render({ title: 'rejected' });
      },
    });
    const flags = fanOut([1, 2], { name: 'flags' }, (number) => when(eq(number, 1), { do: () => ok }));
    when(includes(folder.files, 'README'), { name: 'readme', do: () => render({ title: 'readme' }) });
    notify({ text: format`${run.id}: ${summed.sum}`, channel: 'release' });
    when(isNull(run.partition), { name: 'whole', do: () => all([ok, true]) });
    when(any(flags), { name: 'flagged', do: () => undefined });
    finallyDo(() => describeFolder({ uri: params.uri, labels: folder.files }, { isolation: 'thread' }));
    return { outcome, rows, total: summed.sum };
  },
);
