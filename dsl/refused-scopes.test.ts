import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import {
  and,
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
  not,
  or,
  type Ref,
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
