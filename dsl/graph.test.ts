import { describe, expect, it, vi } from 'vitest';
import { z } from 'zod';
import {
  approval,
  count,
  definePipeline,
  defineStep,
  fanOut,
  format,
  gte,
  importArtifact,
  isCompileError,
  isPipeline,
  max,
  registered,
} from './index.ts';
import type { RunAtExit } from './pipeline.ts';
import { promote } from './promote.ts';
import { compileSmall, increment, nodesOf, refusalOf } from './testing/small-pipelines.ts';

describe('what is recorded', () => {
  it('is the same for values and for Refs to them, at any depth', () => {
    const node = nodesOf(({ params }) => fanOut([{ a: params.start, b: [1, params.start] }], (item) => item.b)).fanOut;
    const start = { kind: 'param', path: ['start'] };
    expect(node).toMatchObject({
      items: {
        kind: 'array',
        items: [
          { kind: 'object', fields: { a: start, b: { kind: 'array', items: [{ kind: 'literal', value: 1 }, start] } } },
        ],
      },
      body: { output: { kind: 'item', fanOut: 'fanOut', field: 'item', path: ['b'] } },
    });
  });

  it('leaves out what is undefined', () => {
    const node = nodesOf(() => increment({ value: 1, label: undefined as unknown as string })).increment;
    expect(node).toMatchObject({ inputs: { value: { kind: 'literal', value: 1 } } });
    expect(node).not.toHaveProperty('inputs.label');
  });

  it('is cut off from the objects that it was made of, and frozen', () => {
    const given = [{ a: 1 }];
    const ir = compileSmall(() => void fanOut(given, () => null));
    given.push({ a: 2 });
    expect(ir.body.nodes[0]).toMatchObject({ items: { value: [{ a: 1 }] } });
    expect(() => Object.assign(ir.body, { output: null })).toThrow(TypeError);
  });

  it('says how an approval ends when nobody decides', () => {
    const form = z.object({ reason: z.string().default('late') });
    const nodes = nodesOf(() => [
      approval({ name: 'a', timeout: '1h', onTimeout: 'fail' }),
      approval({ name: 'b', form, timeout: '1h', onTimeout: { approve: {} } }),
      approval({ name: 'c', timeout: '1h', onTimeout: { approve: {} } }),
    ]);
    expect(nodes.a).toMatchObject({ message: null, form: null, roles: [], onTimeout: { kind: 'fail' } });
    expect(nodes.b).toMatchObject({ timeoutMs: 3_600_000, onTimeout: { kind: 'approve', form: { reason: 'late' } } });
    expect(nodes.c).toMatchObject({ onTimeout: { kind: 'approve', form: null } });
  });

  it('takes an aggregate of values put in a list, and of fields of items', () => {
    const ir = compileSmall(({ params }) => {
      const one = increment({ value: params.start });
      const list = fanOut(params.names, () => ({ deep: one }));
      return { best: max([one.value, 3]), most: max(list, (item) => item.deep.value), size: count(list) };
    });
    const deep = {
      kind: 'aggregate',
      op: 'max',
      of: { kind: 'output', node: 'fanOut', path: [] },
      path: ['deep', 'value'],
    };
    const values = [
      { kind: 'output', node: 'increment', path: ['value'] },
      { kind: 'literal', value: 3 },
    ];
    expect(ir.body.output).toMatchObject({
      fields: {
        best: { op: 'max', of: { kind: 'array', items: values }, path: [] },
        most: deep,
        size: { op: 'count' },
      },
    });
  });
});

describe('importArtifact', () => {
  it('is a task of a built-in step that reads outside data, and gives the artifact', () => {
    const ir = compileSmall(() => importArtifact({ uri: 'file:///a.csv', artifact: 'file' }));
    expect(ir.steps.importArtifact).toMatchObject({ implementation: { kind: 'builtin' }, sources: ['uri'] });
    expect(ir.body).toMatchObject({
      nodes: [{ kind: 'task', step: 'importArtifact', inputs: { uri: { value: 'file:///a.csv' } } }],
      output: { kind: 'output', node: 'importArtifact', path: ['artifact'] },
    });
    expect(ir.body.nodes[0]).not.toHaveProperty('inputs.schema');
  });

  it('refuses a URI of a scheme that is not read, where it stands in the file', () => {
    for (const uri of ['s3://bucket/a.csv', 'https://example.com/a.csv']) {
      expect(refusalOf(() => compileSmall(() => importArtifact({ uri, artifact: 'file' })))).toEqual({
        code: 'badValue',
        message: expect.stringMatching(/^Pipeline 'small': importArtifact cannot read '.*': this version reads file:/),
      });
    }
    const windows = () => importArtifact({ uri: 'C:\\data\\a.csv', artifact: 'file' });
    expect(() => compileSmall(windows)).not.toThrow();
  });
});

describe('promote', () => {
  const model = registered('flights@v2');

  it('records what it is given', () => {
    const node = nodesOf(({ params }) =>
      promote({ model, endpoint: 'flights', evidence: { n: params.start } }),
    ).promote;
    expect(node).toEqual({
      kind: 'promote',
      name: 'promote',
      after: [],
      inputs: {
        model: { kind: 'registered', model: 'flights', selector: 'v2', optional: false },
        endpoint: { kind: 'literal', value: 'flights' },
        evidence: { kind: 'object', fields: { n: { kind: 'param', path: ['start'] } } },
      },
    });
  });

  it.each<[string, Parameters<typeof promote>[0]]>([
    ["promote 'promote' has neither `name` nor `endpoint`", { model } as unknown as Parameters<typeof promote>[0]],
    ["the canary of promote 'promote' is []", { model, endpoint: 'a', strategy: { canary: [] } }],
    ['Give percents that grow', { model, endpoint: 'a', strategy: { canary: [25, 5] } }],
    ['Give percents that grow', { model, endpoint: 'a', strategy: { canary: [50, 101] } }],
    ["bake: 'long' is no duration", { model, endpoint: 'a', strategy: { canary: [100], bake: 'long' as '1s' } }],
  ])('is refused: %s', (message, request) => {
    expect(refusalOf(() => compileSmall(() => promote(request))).message).toContain(message);
  });
});

describe('a second copy of the module', () => {
  it('records into the same pipeline, and its steps and Refs are known', async () => {
    vi.resetModules();
    const copy = await import('./index.ts');
    expect(copy.defineStep).not.toBe(defineStep);
    const double = copy
      .defineStep({ name: 'double', input: z.object({ value: z.number() }), output: z.object({ value: z.number() }) })
      .implement(({ input }) => ({ value: 2 * input.value }));
    const ir = compileSmall(({ params }) =>
      copy.when(gte(params.start, 1), { do: () => increment({ value: double({ value: params.start }).value }) }),
    );
    expect(Object.keys(ir.steps)).toEqual(['double', 'increment']);
    expect(ir.body).toMatchObject({ nodes: [{ kind: 'when', branches: [{ body: { nodes: [{}, {}] } }] }] });
  });
});

describe('what reaches the compiler from plain JavaScript', () => {
  it('is refused when a reader of the file would refuse it', () => {
    const loose = defineStep({
      name: 'loose',
      input: z.object({}),
      output: z.object({}),
      env: { LEVEL: 3 as unknown as string },
    }).implement(() => ({}));
    expect(refusalOf(() => compileSmall(() => loose({}))).message).toBe(
      "Pipeline 'small': steps.loose.settings.env.LEVEL cannot be kept: Invalid input: expected string, received number.",
    );
  });

  it('knows how the run ended in onExit alone', () => {
    const body = ({ run }: { readonly run: object }) => ({ status: (run as RunAtExit).status });
    expect(compileSmall(body).body.output).toEqual({ kind: 'literal', value: {} });
  });
});

describe('brands', () => {
  it('tell pipelines and errors of another copy of the module', () => {
    const pipeline = definePipeline({ name: 'p' }, () => format`x`);
    expect(isPipeline(pipeline)).toBe(true);
    expect(isPipeline({})).toBe(false);
    expect(pipeline.name).toBe('p');
    expect(isCompileError(Object.assign(new Error('x'), { [Symbol.for('millrace.compileError')]: true }))).toBe(true);
    expect(isCompileError(new Error('x'))).toBe(false);
  });
});
