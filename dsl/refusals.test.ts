import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import {
  and,
  any,
  approval,
  compilePipeline,
  definePipeline,
  defineStep,
  eq,
  fanOut,
  finallyDo,
  format,
  gt,
  includes,
  isNull,
  loop,
  max,
  min,
  not,
  or,
  type Ref,
  registered,
  secret,
  sleep,
  // Under its own name the linter takes it for a hook of the test runner.
  after as waits,
  when,
} from './index.ts';
import { compileSmall, increment, refusalOf } from './testing/small-pipelines.ts';

describe('values made in a scope', () => {
  it('leave a branch only by return', () => {
    const refused = refusalOf(() =>
      compileSmall(({ params }) => {
        let kept: Ref<number> | undefined;
        when(gt(params.start, 1), {
          do: () => {
            kept = increment({ value: 1 }).value;
          },
        });
        return increment({ value: kept as Ref<number> }, { name: 'outside' });
      }),
    );
    expect(refused).toEqual({
      code: 'escapingRef',
      message:
        "Pipeline 'small': input 'value' of task 'outside' is the output of task 'increment', which exists only in " +
        "branch 'do' of when 'when'. Return it from branch 'do' of when 'when' and use what that gives.",
    });
  });

  it('leave a fan-out only by return, its items too', () => {
    let item: Ref<string> | undefined;
    const body = () => {
      fanOut(['a'], (letter) => {
        item = letter;
      });
      return format`${item as Ref<string>}`;
    };
    expect(refusalOf(() => compileSmall(body))).toMatchObject({
      code: 'escapingRef',
      message: expect.stringContaining("what the body of pipeline 'small' returns is the item of fan-out 'fanOut'"),
    });
  });

  it("are not in a loop's condition, which sees the carried value alone", () => {
    let inner: Ref<number> | undefined;
    const body = () =>
      loop(0, { max: 2, until: () => gt(inner as Ref<number>, 1) }, (value) => {
        inner = increment({ value }).value;
        return inner;
      });
    expect(refusalOf(() => compileSmall(body))).toMatchObject({
      code: 'escapingRef',
      message: expect.stringContaining("`until` of loop 'loop' is the output of task 'increment'"),
    });
  });

  it('are unknown to the exit handler, which knows the run and the parameters', () => {
    let value: Ref<number> | undefined;
    const body = () => {
      value = increment({ value: 1 }).value;
    };
    const onExit = () => increment({ value: value as Ref<number> });
    expect(refusalOf(() => compileSmall(body, { onExit }))).toEqual({
      code: 'escapingRef',
      message:
        "Pipeline 'small': input 'value' of task 'increment' is the output of task 'increment', which exists only in " +
        "the body of pipeline 'small'. The exit handler also runs when the body has failed, so it knows only `run` and " +
        '`params`.',
    });
    expect(() =>
      compileSmall(() => undefined, { onExit: ({ params }) => increment({ value: params.start }) }),
    ).not.toThrow();
  });

  it('do not go from one pipeline to another', () => {
    let foreign: Ref<number> | undefined;
    compileSmall(({ params }) => {
      foreign = params.start;
    });
    const other = definePipeline({ name: 'other' }, () => increment({ value: foreign as Ref<number> }));
    expect(refusalOf(() => compilePipeline(other))).toEqual({
      code: 'escapingRef',
      message:
        "Pipeline 'other': input 'value' of task 'increment' comes from pipeline 'small' (the parameters). Make it a parameter and give it in the call.",
    });
  });

  it('may be used in the scopes inside', () => {
    expect(() =>
      compileSmall(({ params }) => {
        const one = increment({ value: params.start });
        return fanOut(params.names, (name) =>
          when(eq(name, 'x'), { do: () => increment({ value: one.value, label: name }), otherwise: () => one }),
        );
      }),
    ).not.toThrow();
  });
});

describe('conditions', () => {
  const CURE = "Combine conditions with and(a, b), or(a, b), not(a): && and || are JavaScript's and drop one.";

  it('are refused when && has dropped one, by name', () => {
    const body = () => {
      const one = increment({ value: 1 });
      when(gt(one.value, 0.7) && eq(one.value, 2), { do: () => undefined });
    };
    expect(refusalOf(() => compileSmall(body))).toEqual({
      code: 'droppedCondition',
      message: `Pipeline 'small': the condition gt(increment.value, 0.7) is tested by nothing. ${CURE}`,
    });
  });

  it('are refused when a combination was made and dropped, in any scope', () => {
    const body = ({ params }: { params: Ref<{ start: number; names: string[] }> }) => {
      fanOut(params.names, (name) => {
        and(or(includes(params.names, name), isNull(params.start)), not(eq(name, format`${name}`)));
        increment({ value: 1 });
      });
      loop(1, { max: 2, until: (value) => gt(value, 3) && gt(value, 2) }, (value) => value);
    };
    expect(refusalOf(() => compileSmall(body)).message).toBe(
      "Pipeline 'small': the conditions and(or(includes(params.names, item), isNull(params.start)), " +
        `not(eq(item, format\`…\`))) and gt(value, 3) are tested by nothing. ${CURE}`,
    );
  });

  it('are refused in the exit handler and in the pipeline that dropped them, not in its caller', () => {
    const onExit = ({ params }: { params: Ref<{ start: number }> }) => void gt(params.start, 1);
    expect(refusalOf(() => compileSmall(() => undefined, { onExit }))).toMatchObject({ code: 'droppedCondition' });
    const inner = definePipeline({ name: 'inner', params: z.object({ start: z.number() }) }, ({ params }) => {
      gt(params.start, 1);
    });
    const outer = () => {
      inner({ start: 1 });
    };
    expect(refusalOf(() => compileSmall(outer)).message).toContain(
      "Pipeline 'inner': the condition gt(params.start, 1)",
    );
  });

  it('may be made before they are tested, and tested twice, in scopes inside', () => {
    const body = ({ params }: { params: Ref<{ start: number; names: string[] }> }) => {
      const high = gt(params.start, 1);
      fanOut(params.names, () => when(not(high), { do: () => undefined }));
      when(high, { do: () => undefined, elseWhen: [{ condition: high, do: () => undefined }] });
      loop(1, { max: 2, until: () => high }, (value) => value);
    };
    expect(() => compileSmall(body)).not.toThrow();
  });

  it.each([false, true])('are no plain %s, as ! and === make', (plain) => {
    const body = () => {
      when(plain as unknown as Ref<boolean>, { do: () => undefined });
    };
    expect(refusalOf(() => compileSmall(body))).toEqual({
      code: 'badValue',
      message:
        `Pipeline 'small': a condition is the plain value ${plain}, known before the run. Compare with eq, gte and the ` +
        "like and negate with not(a): ===, >= and ! are JavaScript's. For what the file knows itself use if.",
    });
  });
});

describe('names', () => {
  it('are unique in a scope, with the cure', () => {
    const twice = () => {
      increment({ value: 1 });
      increment({ value: 2 });
    };
    expect(refusalOf(() => compileSmall(twice))).toEqual({
      code: 'duplicateName',
      message:
        "Pipeline 'small': the body of pipeline 'small' has two tasks named 'increment'. Give this task a name of its " +
        "own in its options: { name: 'increment-2' }.",
    });
  });

  it('may come again in another scope', () => {
    expect(() =>
      compileSmall(() => {
        increment({ value: 1 });
        fanOut([1], (value) => increment({ value }));
      }),
    ).not.toThrow();
  });

  it('are plain words', () => {
    expect(refusalOf(() => compileSmall(() => increment({ value: 1 }, { name: 'a/b' })))).toMatchObject({
      code: 'badName',
    });
    expect(refusalOf(() => definePipeline({ name: '1st' }, () => undefined))).toMatchObject({ code: 'badName' });
  });

  it("keep clear of the exit handler's paths", () => {
    expect(refusalOf(() => compileSmall(() => increment({ value: 1 }, { name: 'onExit' })))).toMatchObject({
      code: 'duplicateName',
    });
  });

  it('are one step each, and one pipeline each', () => {
    const other = defineStep({ name: 'increment', input: z.object({}), output: z.object({}) }).implement(() => ({}));
    const both = () => {
      increment({ value: 1 });
      other({}, { name: 'other' });
    };
    expect(refusalOf(() => compileSmall(both))).toEqual({
      code: 'duplicateName',
      message:
        "Pipeline 'small': two different steps are named 'increment'. Give one of them another name in its contract.",
    });
    const one = definePipeline({ name: 'same' }, () => undefined);
    const two = definePipeline({ name: 'same' }, () => undefined);
    const calls = () => {
      one({});
      two({}, { name: 'two' });
    };
    expect(refusalOf(() => compileSmall(calls)).message).toContain("two different pipelines are named 'same'");
  });
});

describe('waiting in a circle', () => {
  it('is refused with the way round it', () => {
    const body = () => {
      const a = increment({ value: 1 }, { name: 'a' });
      const b = increment({ value: a.value }, { name: 'b' });
      waits(a, b);
    };
    expect(refusalOf(() => compileSmall(body))).toEqual({
      code: 'cycle',
      message:
        "Pipeline 'small': in the body of pipeline 'small', 'a' waits for 'b' waits for 'a'. Remove one of the `after`s " +
        'that close the circle.',
    });
  });

  it('is found through what stands inside a scope', () => {
    const body = () => {
      const a = increment({ value: 1 }, { name: 'a' });
      const gate = when(eq(a.value, 1), { name: 'gate', do: () => fanOut([1], () => increment({ value: a.value })) });
      waits(a, gate);
    };
    expect(refusalOf(() => compileSmall(body)).message).toContain("'a' waits for 'gate' waits for 'a'");
  });

  it('is found through finallyDo, which waits for all before it', () => {
    const body = () => {
      const a = increment({ value: 1 }, { name: 'a' });
      const last = finallyDo(() => undefined);
      waits(a, last);
    };
    expect(refusalOf(() => compileSmall(body)).message).toContain("'a' waits for 'finally' waits for 'a'");
  });

  it('is allowed to no task, waiting for a task to come is', () => {
    const body = () => {
      const a = increment({ value: 1 }, { name: 'a' });
      const b = increment({ value: 2 }, { name: 'b' });
      const c = sleep('1s');
      waits(a, b, c);
    };
    expect(compileSmall(body).body.nodes[0]?.after).toEqual(['b', 'sleep']);
  });

  it('is refused for pipelines that call themselves', () => {
    const self: { call?: (params: { start: number }) => unknown } = {};
    const body = () => {
      self.call?.({ start: 1 });
    };
    const pipeline = definePipeline({ name: 'self', params: z.object({ start: z.number() }) }, body);
    self.call = pipeline;
    expect(refusalOf(() => compilePipeline(pipeline))).toEqual({
      code: 'cycle',
      message: "Pipeline 'self': pipeline 'self' calls itself. Use loop to repeat tasks.",
    });
  });
});

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
