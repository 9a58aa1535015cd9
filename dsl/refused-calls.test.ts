import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import {
  any,
  approval,
  dataset,
  definePipeline,
  defineStep,
  eq,
  fanOut,
  gt,
  loop,
  max,
  min,
  model,
  notify,
  type Ref,
  registered,
  secret,
  sleep,
  // Under its own name the linter takes it for a hook of the test runner.
  after as waits,
} from './index.ts';
import { compileSmall, increment, refusalOf } from './testing/small-pipelines.ts';

describe('after', () => {
  it('delays tasks of its own scope', () => {
    const body = () => {
      const a = increment({ value: 1 });
      fanOut([1], () => waits(a, a));
    };
    expect(refusalOf(() => compileSmall(body)).message).toContain('which is no task of the body of fan-out');
  });

  it('waits for tasks, not for values', () => {
    expect(refusalOf(() => compileSmall(({ params }) => increment({ value: 1 }, { after: params.start })))).toEqual({
      code: 'badValue',
      message:
        "Pipeline 'small': `after` of task 'increment' names no task. Give what a step, branch, fan-out, loop or wait gave.",
    });
  });
});

describe('a body', () => {
  it('cannot be asynchronous', () => {
    const body = (async () => increment({ value: 1 })) as unknown as () => undefined;
    expect(refusalOf(() => compileSmall(body))).toMatchObject({ code: 'asyncBody' });
    expect(refusalOf(() => compileSmall(() => fanOut([1], body))).message).toContain(
      "the body of fan-out 'fanOut' returned a promise",
    );
  });

  it('is the only place for calls', () => {
    expect(refusalOf(() => increment({ value: 1 }))).toEqual({
      code: 'outsideBody',
      message:
        "Step 'increment' was called outside the body of a pipeline. Call it in the body given to definePipeline; to run " +
        "a step's code by itself, call its `handler`.",
    });
    const until = () => {
      increment({ value: 1 }, { name: 'inner' });
      return eq(1, 1);
    };
    expect(refusalOf(() => compileSmall(() => loop(1, { max: 2, until }, (value) => value))).message).toContain(
      "Step 'increment' was called in `until` of loop 'loop', which only tests values",
    );
  });

  it('leaves no scope behind when it throws', () => {
    expect(() =>
      compileSmall(() => {
        throw new Error('mine');
      }),
    ).toThrow('mine');
    expect(refusalOf(() => increment({ value: 1 })).code).toBe('outsideBody');
  });
});

describe('what a task is given', () => {
  it.each([
    [{ value: Number.NaN }, "input 'value' of task 'increment' is NaN, which JSON cannot say"],
    [{ value: new Date(0) }, 'is a Date: give text, as of toISOString()'],
    [{ value: increment }, 'is a function: call the step and give what it returns'],
    [{ value: Promise.resolve(1) }, 'is a promise: nothing can be awaited while the pipeline is described'],
    [{ value: [undefined] }, "input 'value' of task 'increment'[0] is undefined: use null, or leave it out"],
    [{ value: eq(1, 1) }, 'is a condition, which only `when` and `until` can test'],
    [{ value: new Map() }, 'is a Map, which JSON cannot say'],
    [{ value: 1n }, 'is a bigint, which JSON cannot say'],
    [{ value: 'one' }, "input 'value' of task 'increment' does not fit: has to be a number, and is text"],
    [{}, "input 'value' of task 'increment' is missing"],
    [{ value: 1, size: 2 }, "task 'increment' has no input 'size'. It takes 'value', 'label'"],
    [5, "task 'increment' takes an object of named fields, and was given a number"],
  ])('%o is refused', (input, message) => {
    const call = increment as unknown as (input: unknown) => undefined;
    expect(refusalOf(() => compileSmall(() => call(input))).message).toContain(message);
  });

  it('may be the whole output of another task', () => {
    const ir = compileSmall(() => {
      const first = increment({ value: 1 });
      increment(first, { name: 'second' });
    });
    expect(ir.body.nodes[1]).toMatchObject({
      inputs: { value: { kind: 'output', node: 'increment', path: ['value'] } },
    });
  });

  describe('from another task', () => {
    const Made = z.object({
      text: z.string(),
      count: z.int(),
      flag: z.boolean().nullable(),
      either: z.union([z.string(), z.number()]),
      list: z.array(z.string()),
      table: dataset(),
      fit: model(),
      point: z.object({ x: z.number() }),
      loose: z.record(z.string(), z.number()),
      any: z.unknown(),
      choice: z.enum(['a', 'b']),
    });
    const make = defineStep({ name: 'make', input: z.object({}), output: Made }).implement(() => expect.fail());
    type Field = keyof z.output<typeof Made>;
    const wired = (field: Field, schema: z.ZodType) => {
      const take = defineStep({
        name: 'take',
        input: z.object({ it: schema }),
        output: z.object({}),
      }).implement(() => ({}));
      const call = take as unknown as (input: unknown) => undefined;
      return () => compileSmall(() => call({ it: make({})[field] }));
    };

    it.each<[Field, z.ZodType, string]>([
      ['count', z.string(), "has to be text, and field 'count' of the output of task 'make' is a number"],
      ['text', z.number(), "has to be a number, and field 'text'"],
      ['text', z.int().default(1), 'has to be a number'],
      ['text', z.boolean().nullable(), 'has to be true or false or null, and'],
      ['flag', z.string(), 'is true or false or null'],
      ['list', z.string(), 'is a list'],
      ['text', z.array(z.string()), 'has to be a list'],
      ['choice', z.number(), 'is text'],
      ['either', z.boolean(), 'is text or a number'],
      ['table', z.string(), "is the artifact 'dataset'"],
      ['table', model(), "has to be the artifact 'model', and"],
      [
        'point',
        dataset(),
        "has to be the artifact 'dataset', and field 'point' of the output of task 'make' is an object",
      ],
    ])('is refused: %s', (field, schema, message) => {
      const refused = refusalOf(wired(field, schema));
      expect(refused.code).toBe('badValue');
      expect(refused.message).toContain("Pipeline 'small': input 'it' of task 'take' has to be ");
      expect(refused.message).toContain(message);
    });

    it.each<[Field, z.ZodType]>([
      ['count', z.number()],
      ['count', z.int()],
      ['count', z.coerce.string()],
      ['count', z.string().catch('none')],
      ['count', z.preprocess((value) => String(value), z.string())],
      ['count', z.array(z.coerce.string()).or(z.coerce.string())],
      ['flag', z.string().nullable()],
      ['either', z.number()],
      ['text', z.union([z.number(), z.string()])],
      ['any', z.number()],
      ['text', z.unknown()],
      ['table', z.looseObject({ uri: z.string() })],
      ['loose', z.object({ a: z.number() })],
      ['point', z.object({ x: z.number() })],
      ['choice', z.literal(['a', 1])],
    ])('may fit, and is checked when the task runs: %s', (field, schema) => {
      expect(wired(field, schema)).not.toThrow();
    });

    it('is refused of a parameter, and of a whole output, too', () => {
      const call = increment as unknown as (input: unknown) => undefined;
      expect(refusalOf(() => compileSmall(({ params }) => call({ value: 1, label: params.start }))).message).toContain(
        "input 'label' of task 'increment' has to be text, and field 'start' of the parameters is a number",
      );
      const wrong = defineStep({
        name: 'wrong',
        input: z.object({}),
        output: z.object({ value: z.string() }),
      }).implement(() => expect.fail());
      expect(refusalOf(() => compileSmall(() => call(wrong({})))).message).toContain(
        "input 'value' of task 'increment' has to be a number, and field 'value' of the output of task 'wrong' is text",
      );
    });
  });

  it('may be checked later where the check is asynchronous', () => {
    const slow = defineStep({
      name: 'slow',
      input: z.object({ value: z.number().refine(async () => true) }),
      output: z.object({}),
    }).implement(() => ({}));
    expect(() => compileSmall(() => slow({ value: 1 }))).not.toThrow();
  });
});

describe('a called pipeline', () => {
  const callee = definePipeline(
    { name: 'callee', params: z.object({ size: z.number().default(1) }) },
    ({ params }) => ({
      twice: increment({ value: params.size }),
    }),
  );

  it('knows its parameters by name', () => {
    const call = callee as unknown as (params: unknown) => undefined;
    expect(refusalOf(() => compileSmall(() => call({ sise: 1 }))).message).toBe(
      "Pipeline 'small': call 'callee' has no parameter 'sise'. It takes 'size'.",
    );
  });

  it('is compiled once for all calls', () => {
    const ir = compileSmall(() => [callee({}), callee({ size: 2 }, { name: 'again' })]);
    expect(Object.keys(ir.pipelines)).toEqual(['callee']);
    expect(Object.keys(ir.steps)).toEqual(['increment']);
  });

  it('sends its tasks to the queue that the call names, those excepted that name their own', () => {
    const inner = definePipeline({ name: 'inner' }, () => increment({ value: 1 }));
    const own = definePipeline({ name: 'own' }, () => {
      fanOut([1], (value) => increment({ value }));
      increment({ value: 2 }, { queue: 'serving' });
      return inner({});
    });
    const ir = compileSmall(() => [own({}, { queue: 'gpu' }), inner({})]);
    expect(Object.keys(ir.pipelines).sort()).toEqual(['inner', 'inner@gpu', 'own@gpu']);
    expect(ir.pipelines['inner@gpu']).toMatchObject({
      name: 'inner',
      body: { nodes: [{ overrides: { resources: { queue: 'gpu' } } }] },
    });
    expect(ir.pipelines['own@gpu']?.body.nodes).toMatchObject([
      { body: { nodes: [{ overrides: { resources: { queue: 'gpu' } } }] } },
      { overrides: { resources: { queue: 'serving' } } },
      { pipeline: 'inner@gpu' },
    ]);
    expect(ir.pipelines.inner?.body.nodes).toMatchObject([{ overrides: {} }]);
    expect(refusalOf(() => compileSmall(() => own({}, { queue: 'millrace' }))).code).toBe('queue');
  });

  it('has no exit handler', () => {
    const exits = definePipeline({ name: 'exits', onExit: () => undefined }, () => undefined);
    expect(refusalOf(() => compileSmall(() => exits({}))).message).toContain(
      "pipeline 'exits' has an exit handler and is called as a step",
    );
  });
});

describe('limits', () => {
  it.each<[string, () => unknown]>([
    ["the concurrency of fan-out 'fanOut' is 0", () => fanOut([1], { concurrency: 0 }, () => 1)],
    ["minSuccess of fan-out 'fanOut' is 2", () => fanOut([1], { minSuccess: 2 }, () => 1)],
    ["max of loop 'loop' is 0", () => loop(1, { max: 0, until: (value) => gt(value, 1) }, (value) => value)],
    ["the duration of sleep 'sleep': '2 hrs' is no duration", () => sleep('2 hrs' as '2h')],
    ["notify 'notify' has no text", () => notify({ text: '' })],
    ["approval 'approval' has no timeout. Say how", () => approval({ onTimeout: 'fail' } as never)],
    [
      "approval 'approval' does not say what happens when nobody decides in time. Write onTimeout: 'reject'",
      () => approval({ timeout: '1d' } as never),
    ],
    ["approval 'approval' does not say what", () => approval({ timeout: '1d', onTimeout: 'approve' } as never)],
    ["the timeout of approval 'approval' is 0", () => approval({ timeout: 0, onTimeout: 'fail' })],
    ["approval 'approval': 'soon' is no duration", () => approval({ timeout: 'soon' as '1s', onTimeout: 'fail' })],
    [
      'approves with on timeout does not fit its form',
      () =>
        approval({
          form: z.object({ reason: z.string().min(3) }),
          timeout: '1h',
          onTimeout: { approve: { reason: '' } },
        }),
    ],
    ["registered('flights') names no version", () => registered('flights' as 'a@b')],
    ['A secret needs a name', () => secret('')],
    ['can only name a field', () => min([1] as unknown as Ref<number[]>, () => increment({ value: 1 }).value)],
    ['can only name a field', () => any([true] as unknown as Ref<boolean[]>, () => 1 as unknown as Ref<boolean>)],
  ])('%s', (message, act) => {
    expect(refusalOf(() => compileSmall(() => void act())).message).toContain(message);
  });
});

describe('a field in an aggregate', () => {
  type Trial = Ref<{ wrong: number; deep: { wrong: number }; tags: number }>;
  const refused = (list: (names: Ref<string[]>) => unknown, part: (trial: Trial) => Ref<number>) =>
    refusalOf(() => compileSmall(({ params }) => max(list(params.names) as Ref<Trial[]>, part as never)));

  it('has to be an output of the task that the items are of', () => {
    const trials = (names: Ref<string[]>) => fanOut(names, () => increment({ value: 1 }));
    expect(refused(trials, (trial) => trial.wrong)).toEqual({
      code: 'unknownField',
      message: "The output of task 'increment' has no field 'wrong': it has 'value', 'tags'.",
    });
  });

  it('has to be in the object that the body returns, and there in the task’s output', () => {
    const trials = (names: Ref<string[]>) => fanOut(names, () => ({ deep: increment({ value: 1 }), other: [1] }));
    expect(refused(trials, (trial) => trial.wrong).message).toBe(
      "An item of the output of fanOut 'fanOut' has no field 'wrong': it has 'deep', 'other'.",
    );
    expect(refused(trials, (trial) => trial.deep.wrong).message).toContain(
      "has no field 'wrong': it has 'value', 'tags'.",
    );
  });
});
