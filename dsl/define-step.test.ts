import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { stepContractSchema } from '../ir/schema.ts';
import type { SecretRef } from '../ir/step-contract.ts';
import { defineBuiltinStep } from './builtin-step.ts';
import { definePipeline } from './define-pipeline.ts';
import { compile, defineStep, isStep, secret } from './index.ts';
import type { StepDescription } from './step-description.ts';
import { compileSmall, nodesOf, refusalOf } from './testing/small-pipelines.ts';

const shapes = { input: z.object({ uri: z.string() }), output: z.object({ size: z.number() }) };
type Description = StepDescription<typeof shapes.input, typeof shapes.output>;
const define = (extra: Partial<Description>) =>
  defineStep({ name: 'measure', ...shapes, ...extra }).implement(() => ({ size: 1 }));

describe('a step', () => {
  it('has the contract that its description says, defaults filled in', () => {
    const step = define({});
    expect(step.contract).toEqual({
      name: 'measure',
      description: null,
      input: { type: 'object', properties: { uri: { type: 'string' } }, required: ['uri'] },
      output: {
        type: 'object',
        properties: { size: { type: 'number' } },
        required: ['size'],
        additionalProperties: false,
      },
      effects: 'none',
      cost: 'ordinary',
      reads: [],
      sources: [],
      implementation: { kind: 'handler' },
      settings: {
        resources: { queue: 'cpu', memory: null, cpu: null, gpu: null },
        retry: { attempts: 3, backoffMs: 1_000, factor: 2, maxBackoffMs: 60_000, nonRetryable: [] },
        timeoutMs: 3_600_000,
        cache: { policy: 'on', ttlMs: null },
        env: {},
        secrets: {},
        isolation: 'process',
      },
    });
    expect(stepContractSchema.parse(step.contract)).toEqual(step.contract);
  });

  it('keeps all that its description says', () => {
    const { contract } = define({
      description: 'Measures.',
      resources: { queue: 'gpu', memory: '16Gi', cpu: 0.5, gpu: 2 },
      retry: { attempts: 5, backoff: '2m', factor: 1, nonRetryable: ['RangeError'] },
      timeout: '90s',
      cache: { policy: 'refresh', ttl: '1d' },
      effects: 'idempotent',
      reads: ['runId'],
      sources: ['uri'],
      env: { A: 'b' },
      secrets: { KEY: secret('key', '7') },
      isolation: 'thread',
    });
    expect(contract).toMatchObject({
      description: 'Measures.',
      effects: 'idempotent',
      reads: ['runId'],
      sources: ['uri'],
      settings: {
        resources: { queue: 'gpu', memory: 16 * 2 ** 30, cpu: 0.5, gpu: 2 },
        retry: { attempts: 5, backoffMs: 120_000, factor: 1, maxBackoffMs: 120_000, nonRetryable: ['RangeError'] },
        timeoutMs: 90_000,
        cache: { policy: 'refresh', ttlMs: 86_400_000 },
        env: { A: 'b' },
        secrets: { KEY: { secret: 'key', version: '7' } },
        isolation: 'thread',
      },
    });
  });

  it('with effects is not cached, and with external ones not tried again, unless it says so', () => {
    expect(define({ effects: 'idempotent' }).contract.settings).toMatchObject({
      cache: { policy: 'off' },
      retry: { attempts: 3 },
    });
    expect(define({ effects: 'external' }).contract.settings).toMatchObject({
      cache: { policy: 'off' },
      retry: { attempts: 1 },
    });
    expect(define({ effects: 'external', cache: 'on', retry: { attempts: 2 } }).contract.settings).toMatchObject({
      cache: { policy: 'on' },
      retry: { attempts: 2 },
    });
  });

  it('that is light runs in a thread on the control queue', () => {
    expect(define({ cost: 'light' }).contract.settings).toMatchObject({
      resources: { queue: 'millrace' },
      timeoutMs: 1_000,
      isolation: 'thread',
    });
  });

  it('is found by the packager: branded, with its schemas and handler', async () => {
    const step = define({});
    const { steps } = compile(definePipeline({ name: 'one' }, () => step({ uri: 'x' })));
    expect(isStep(step)).toBe(true);
    expect(isStep(() => undefined)).toBe(false);
    expect(steps.get('measure')).toBe(step);
    expect(step.inputSchema).toBe(shapes.input);
    expect(step.outputSchema).toBe(shapes.output);
    expect(step.name).toBe('measure');
    expect(step.handler({ input: { uri: 'x' }, task: {} as never })).toEqual({ size: 1 });
  });
});

describe('secrets that are one variable', () => {
  const taking = (secrets: Record<string, SecretRef>, name = 'taking') =>
    defineStep({ name, input: z.object({}), output: z.object({}), secrets }).implement(() => ({}));

  it('are refused by the names that a step uses', () => {
    expect(refusalOf(() => taking({ 'my-key': secret('a'), my_key: secret('b') }))).toEqual({
      code: 'settings',
      message:
        "Step 'taking': its names 'my-key' and 'my_key' for secrets are one variable, MILLRACE_SECRET_MY_KEY. " +
        'Rename one of them.',
    });
    const step = taking({ 'my-key': secret('a') });
    expect(refusalOf(() => compileSmall(() => step({}, { secrets: { MY_KEY: secret('b') } }))).message).toContain(
      "task 'taking': its names 'my-key' and 'MY_KEY'",
    );
  });

  it('are refused by their own names, of whatever tasks', () => {
    const body = (first: SecretRef, second: SecretRef) => () =>
      compileSmall(() => {
        taking({ A: first }, 'one')({});
        taking({ B: second }, 'two')({});
      });
    expect(refusalOf(body(secret('my-key'), secret('my_key'))).message).toContain(
      "task 'two': the secrets 'my-key' and 'my_key' are one variable, MILLRACE_SECRET_MY_KEY",
    );
    expect(refusalOf(body(secret('a__1'), secret('a', '1'))).message).toContain("'a__1' and 'a' in version '1'");
    expect(body(secret('key'), secret('key'))).not.toThrow();
    expect(body(secret('key'), secret('key', '2'))).not.toThrow();
  });
});

describe('a step without a handler', () => {
  it('names who does the work', () => {
    const command = defineStep({ name: 'a', ...shapes, process: { command: ['python3', 'a.py'], files: ['a.py'] } });
    const locked = defineStep({ name: 'd', ...shapes, process: { command: ['uv'], environment: ['uv.lock'] } });
    const image = defineStep({ name: 'b', ...shapes, container: { image: 'b:1' } });
    const other = defineStep({ name: 'c', ...shapes, external: true, resources: { queue: 'rust' } });
    expect([command, locked, image, other].map(({ contract, handler }) => [contract.implementation, handler])).toEqual([
      [{ kind: 'process', command: ['python3', 'a.py'], files: ['a.py'] }, undefined],
      [{ kind: 'process', command: ['uv'], files: [], environment: ['uv.lock'] }, undefined],
      [{ kind: 'container', image: 'b:1', command: [] }, undefined],
      [{ kind: 'external' }, undefined],
    ]);
  });

  it('has one to do it', () => {
    const both = { name: 'a', ...shapes, process: { command: ['x'] as const }, container: { image: 'y' } };
    expect(refusalOf(() => defineStep(both)).message).toBe(
      "Step 'a': of process, container and external give only one.",
    );
  });

  it.each(['cpu', 'gpu', 'serving', 'millrace'])('is not external on queue %s, which is ours', (queue) => {
    expect(refusalOf(() => defineStep({ name: 'a', ...shapes, external: true, resources: { queue } })).code).toBe(
      'queue',
    );
  });

  it('is checked by JSON Schema alone, so refinements and transforms are refused', () => {
    const refined = z.object({ uri: z.string().refine((uri) => uri.length > 1) });
    const parts = { name: 'a', input: refined, output: shapes.output };
    expect(refusalOf(() => defineStep({ ...parts, process: { command: ['x'] } })).message).toBe(
      "The input of step 'a': field 'uri' has a refinement, which would be passed over: it is read by its JSON Schema " +
        'alone. Move the check into a step.',
    );
    expect(() => defineStep(parts)).not.toThrow();
  });
});

describe('a contract that no worker could keep', () => {
  it.each<[Partial<Description>, string, string]>([
    [{ name: 'a b' }, 'badName', "'a b' is no name for a step"],
    [{ timeout: '2 hrs' as '2h' }, 'settings', "Step 'measure': '2 hrs' is no duration"],
    [{ timeout: 0 }, 'settings', 'timeout is 0'],
    [{ resources: { memory: '16GB' as '16Gi' } }, 'settings', "'16GB' is no amount of memory"],
    [{ resources: { cpu: 0 } }, 'settings', 'cpu is 0; give more than 0'],
    [{ resources: { gpu: 0.5 } }, 'settings', 'gpu is 0.5; devices are counted whole'],
    [{ resources: { queue: 'millrace' } }, 'queue', "queue 'millrace' is Millrace's own control queue"],
    [{ resources: { queue: '' } }, 'queue', 'its queue has no name'],
    [{ retry: { attempts: 0 } }, 'settings', 'retry.attempts is 0'],
    [{ retry: { factor: 0.5 } }, 'settings', 'retry.factor is 0.5'],
    [{ retry: { backoff: '2s', maxBackoff: '1s' } }, 'settings', 'retry.maxBackoff is shorter than retry.backoff'],
    [{ cache: { ttl: 0 } }, 'settings', 'cache.ttl is 0'],
    [{ cache: 'never' as 'off' }, 'settings', "cache is 'never'; it may be 'on', 'off', 'refresh'"],
    [{ effects: 'some' as 'none' }, 'settings', "effects is 'some'"],
    [{ reads: ['now' as 'runId'] }, 'settings', "reads is 'now'"],
    [{ sources: ['url' as 'uri'] }, 'settings', "sources is 'url'; it may be 'uri'"],
    [{ cost: 'light', effects: 'external' }, 'settings', "it is light, so its effects must be 'none' or 'idempotent'"],
    [{ cost: 'light', resources: { queue: 'gpu' } }, 'settings', "it cannot go to queue 'gpu'"],
    [{ cost: 'light', resources: { memory: '1Gi' } }, 'settings', 'it cannot ask for memory, cpu or gpu'],
    [{ cost: 'light', isolation: 'process' }, 'settings', 'it runs in a thread, not in a process'],
    [{ cost: 'light', timeout: '2s' }, 'settings', 'its timeout is at most 1s'],
  ])('%o', (extra, code, message) => {
    expect(refusalOf(() => define(extra))).toEqual({ code, message: expect.stringContaining(message) });
  });

  it('is refused where it is light and a command', () => {
    const light = { name: 'a', ...shapes, cost: 'light' as const, container: { image: 'y' } };
    expect(refusalOf(() => defineStep(light)).message).toContain("it cannot be a step of kind 'container'");
  });
});

describe('the options of a call', () => {
  const step = define({});

  it('change what they name and nothing else', () => {
    const task = nodesOf(() =>
      step(
        { uri: 'x' },
        {
          name: 'here',
          queue: 'gpu',
          resources: { memory: '1Gi', cpu: 2, gpu: 1 },
          retry: { attempts: 1, backoff: '1s', factor: 3, maxBackoff: '5s', nonRetryable: ['X'] },
          timeout: '1m',
          cache: { policy: 'off' },
          env: { A: 'b' },
          secrets: { K: secret('k') },
          isolation: 'thread',
        },
      ),
    ).here;
    expect(task).toMatchObject({
      overrides: {
        resources: { queue: 'gpu', memory: 2 ** 30, cpu: 2, gpu: 1 },
        retry: { attempts: 1, backoffMs: 1_000, factor: 3, maxBackoffMs: 5_000, nonRetryable: ['X'] },
        timeoutMs: 60_000,
        cache: { policy: 'off' },
        env: { A: 'b' },
        secrets: { K: { secret: 'k', version: null } },
        isolation: 'thread',
      },
    });
    expect(nodesOf(() => step({ uri: 'x' })).measure).toHaveProperty('overrides', {});
    const empty = nodesOf(() => step({ uri: 'x' }, { resources: {}, retry: {} })).measure;
    expect(empty).toHaveProperty('overrides', { resources: {}, retry: {} });
    const slow = nodesOf(() => step({ uri: 'x' }, { retry: { backoff: '5m' } })).measure;
    expect(slow).toHaveProperty('overrides', { retry: { backoffMs: 300_000, maxBackoffMs: 300_000 } });
  });

  it('are held to the contract, and errors name pipeline and task', () => {
    expect(refusalOf(() => compileSmall(() => step({ uri: 'x' }, { timeout: 0 })))).toEqual({
      code: 'settings',
      message: "Pipeline 'small', task 'measure': timeout is 0; give a time above it.",
    });
    const light = define({ cost: 'light' });
    expect(refusalOf(() => compileSmall(() => light({ uri: 'x' }, { queue: 'gpu' }))).message).toContain('it is light');
  });

  it('name a queue that somebody serves', () => {
    const call = () => step({ uri: 'x' }, { queue: 'gpuu' });
    expect(refusalOf(() => compileSmall(call))).toEqual({
      code: 'queue',
      message:
        "Pipeline 'small': task 'measure' goes to queue 'gpuu', which is not 'cpu', 'gpu' or 'serving'. If workers of " +
        "yours serve it, say so in the pipeline's options: { queues: ['gpuu'] }.",
    });
    expect(() => compileSmall(call, { queues: ['gpuu'] })).not.toThrow();
  });
});

describe('a built-in step', () => {
  it('is the same step when a second copy of the package defines it again', () => {
    const copies = [1, 2].map(() => defineBuiltinStep({ name: 'copy', ...shapes }).implement(() => ({ size: 1 })));
    const [one, two] = copies as [(typeof copies)[0], (typeof copies)[0]];
    expect(one.contract.implementation).toEqual({ kind: 'builtin' });
    const both = compileSmall(() => [one({ uri: 'a' }), two({ uri: 'b' }, { name: 'second' })]);
    expect(Object.keys(both.steps)).toEqual(['copy']);
    const changed = defineBuiltinStep({ name: 'copy', ...shapes, timeout: '1s' }).implement(() => ({ size: 1 }));
    const differ = () => [one({ uri: 'a' }), changed({ uri: 'b' }, { name: 'second' })];
    expect(refusalOf(() => compileSmall(differ)).code).toBe('duplicateName');
  });
});
