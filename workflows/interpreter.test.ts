import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { approval, definePipeline, defineStep, fanOut, model, sleep } from '../dsl/index.ts';
import type { PipelineDefinition } from '../dsl/pipeline.ts';
import { promote } from '../dsl/promote.ts';
import type { Binding } from '../ir/binding.ts';
import type { CompiledPipeline } from '../ir/compiled-pipeline.ts';
import { graphFailure } from '../ir/graph-failure.ts';
import type { JsonObject, JsonValue } from '../ir/json.ts';
import type { Promotion } from '../ir/nodes/promote-node.ts';
import type { RunRequest } from '../ir/protocol/run-request.ts';
import type { CacheLookup, TaskDispatch } from '../ir/protocol/task-dispatch.ts';
import { RUN_PAUSED, TaskFailed } from '../ir/protocol/task-failure.ts';
import type { Transition } from '../ir/protocol/transition.ts';
import type { ApprovalRequest, ExecutionPort, PromoteRequest } from './execution-port.ts';
import { interpret } from './interpreter.ts';
import { compiledOf } from './interpreter-driver.suite.ts';

const MISS: CacheLookup = { key: 'k1', reason: 'noEntry', detail: '', output: null, hit: false, origin: null };
const PROMOTION: Promotion = {
  model: 'flights',
  version: 3,
  alias: 'champion',
  endpoint: 'flights',
  status: 'rolledBack',
  reason: 'replica-1: no such file',
};

/** What the interpreter asked of the world; the world's answers can be set. */
class Port implements ExecutionPort {
  readonly transitions: Transition[] = [];
  readonly dispatched: TaskDispatch[] = [];
  readonly promotions: PromoteRequest[] = [];
  readonly approvals: ApprovalRequest[] = [];
  readonly slept: number[] = [];
  lookups = 0;
  lookup: CacheLookup = MISS;
  answer: (input: JsonObject) => JsonValue = (input) => input;

  now = () => 1_000;
  record = (transition: Transition) => {
    this.transitions.push(transition);
  };
  mayStart = async () => undefined;
  isPaused = () => false;
  lookUp: ExecutionPort['lookUp'] = async () => {
    this.lookups++;
    return this.lookup;
  };
  runTask = async (dispatch: TaskDispatch) => {
    this.dispatched.push(dispatch);
    return this.answer(dispatch.input);
  };
  takeSlots = async () => ({ kind: 'granted' }) as const;
  giveBackSlots = async () => [];
  wake = async () => undefined;
  turn = async () => undefined;
  promote = async (request: PromoteRequest) => {
    this.promotions.push(request);
    return PROMOTION;
  };
  apart = () => null;
  sleep = async (ms: number) => {
    this.slept.push(ms);
  };
  approval = async (request: ApprovalRequest) => {
    this.approvals.push(request);
    return null;
  };
  notify = async () => undefined;
  until = <T>(awaited: Promise<T>) => awaited;
  scope = () => ({ port: this, run: <T>(body: () => Promise<T>) => body(), cancel: () => undefined });

  /** How a task ended last. */
  last(path: string): Transition | undefined {
    return this.transitions.findLast((transition) => transition.path === path);
  }
}

const REQUEST: RunRequest = {
  project: 'default',
  runId: 'r1',
  pipeline: 'small',
  compiledDigest: 'sha256:0',
  params: {},
  logicalTime: '2001-06-01T00:00:00Z',
  partition: '2001-06',
  retryOf: null,
  rerunFrom: [],
};

interface Given {
  readonly port?: Port;
  readonly request?: Partial<RunRequest>;
  readonly registered?: Readonly<Record<string, JsonValue>>;
}

async function run(pipeline: PipelineDefinition | CompiledPipeline, { port = new Port(), request, registered }: Given) {
  const compiled = 'irDigest' in pipeline ? pipeline : compiledOf(pipeline);
  const outcome = await interpret({ compiled, registered: registered ?? {} }, { ...REQUEST, ...request }, port);
  return { outcome, port };
}

const text = z.object({ text: z.string() });
const note = defineStep({ name: 'note', input: text, output: text, reads: ['partition'] });
const noteStep = note.implement(({ input }) => input);
const post = defineStep({ name: 'post', input: text, output: text, effects: 'external', retry: { attempts: 1 } });
const postStep = post.implement(({ input }) => input);
const train = defineStep({ name: 'train', input: text, output: z.object({ model: model(), auc: z.number() }) });
const trainStep = train.implement(() => {
  throw new Error('These tests run no code.');
});

const noting = definePipeline({ name: 'noting' }, () => ({ said: noteStep({ text: 'hello' }).text }));
const posting = definePipeline({ name: 'posting' }, () => ({ said: postStep({ text: 'hello' }).text }));
const uncached = definePipeline({ name: 'uncached' }, () => {
  noteStep({ text: 'hello' }, { cache: 'off' });
});

describe('a task that a worker gives back, for its run is paused', () => {
  it('is asked for again as often as it takes, and has lost none of its attempts', async () => {
    const port = new Port();
    let refusals = 0;
    const failure = { kind: 'worker', name: RUN_PAUSED, message: 'held', stack: null, retryable: true } as const;
    port.answer = (input) => {
      if (++refusals <= 50) throw new TaskFailed(failure);
      return input;
    };
    let asked = 0;
    port.mayStart = async () => void asked++;
    const { outcome } = await run(posting, { port });
    expect(outcome).toMatchObject({ status: 'succeeded', output: { said: 'hello' } });
    expect(asked).toBe(50 + 1);
  });
});

describe('a rerun', () => {
  const chain = definePipeline({ name: 'chain' }, () => {
    const { text: said } = noteStep({ text: 'hello' }, { name: 'first' });
    const second = noteStep({ text: said }, { name: 'second' });
    postStep({ text: second.text });
  });

  it('asks neither the old run nor the cache for what it names and what depends on it, and says why', async () => {
    const port = new Port();
    const asked: unknown[] = [];
    port.lookUp = async (dispatch, { takeOverFrom }) => {
      asked.push([dispatch.task.path, takeOverFrom, dispatch.settings.cache.policy]);
      return port.lookup;
    };
    await run(chain, { port, request: { retryOf: 'r0', rerunFrom: ['second'] } });
    expect(asked).toEqual([
      ['first', 'r0', 'on'],
      ['second', null, 'refresh'],
    ]);
    expect(port.last('first')?.cache).toMatchObject({ reason: 'noEntry' });
    expect(port.last('second')?.cache).toMatchObject({ reason: 'rerun', detail: 'Run anew, as the rerun asked.' });
    expect(port.last('post')?.cache).toMatchObject({
      reason: 'rerun',
      detail: "Run anew with 'second', on which it depends.",
    });
    // Its result is kept for later runs.
    expect(port.dispatched.find(({ task }) => task.path === 'second')?.cacheKey).toBe('k1');
  });
});

describe('a task', () => {
  it('is dispatched under its key, with those facts of the run that its contract reads', async () => {
    const { outcome, port } = await run(noting, {});
    expect(outcome).toEqual({ status: 'succeeded', output: { said: 'hello' }, error: null });
    expect(port.dispatched).toMatchObject([
      { task: { project: 'default', runId: 'r1', pipeline: 'small', path: 'note' }, cacheKey: 'k1' },
    ]);
    expect(port.dispatched[0]?.reads).toEqual({ partition: '2001-06' });
    expect(port.last('note')).toMatchObject({ status: 'succeeded', cache: { key: 'k1', reason: 'noEntry' } });
  });

  it('shows what it was given where even its look-up fails', async () => {
    const port = new Port();
    port.lookUp = () => Promise.reject(graphFailure('too large'));
    await run(noting, { port });
    expect(port.last('note')).toMatchObject({ status: 'failed', input: { text: 'hello' } });
  });

  it.each([
    ['hit', 'cached'],
    ['reused', 'reused'],
  ] as const)('is not run when the look-up says %s', async (reason, status) => {
    const port = new Port();
    const origin = { runId: 'r0', path: 'said' };
    port.lookup = { key: 'k1', reason, detail: 'from run r0', output: { text: 'earlier' }, hit: true, origin };
    const { outcome } = await run(noting, { port });
    expect(outcome.output).toEqual({ said: 'earlier' });
    expect(port.dispatched).toEqual([]);
    expect(port.last('note')).toMatchObject({
      status,
      input: { text: 'hello' },
      output: { text: 'earlier' },
      cache: { key: 'k1', reason, detail: 'from run r0', origin },
    });
  });

  it.each([
    [posting, 'post', "Step 'post' has external effects: it runs each time."],
    [uncached, 'note', 'The cache is off for this task.'],
  ])('is not looked up where nothing could be found, and says why', async (pipeline, path, detail) => {
    const { port } = await run(pipeline, {});
    expect(port.lookups).toBe(0);
    expect(port.last(path)?.cache).toEqual({ key: null, reason: 'off', detail, origin: null });
    expect(port.dispatched).toMatchObject([{ cacheKey: null }]);
  });

  it('is looked up all the same in a retry, for what the retried run has done is not done again', async () => {
    const port = new Port();
    port.lookup = { key: null, reason: 'reused', detail: 'r0', output: { text: 'posted' }, hit: true, origin: null };
    const { outcome } = await run(posting, { port, request: { retryOf: 'r0' } });
    expect(outcome.output).toEqual({ said: 'posted' });
    expect(port.dispatched).toEqual([]);
  });

  it.each([
    ['external', 'NotBegun', 2],
    ['external', 'WorkerShutDown', 1],
    ['external', 'WorkerLost', 1],
    ['none', 'WorkerShutDown', 2],
  ])('with %s effects, whose worker left it as %s, is tried %i times', async (effects, name, tries) => {
    const port = new Port();
    port.answer = (input) => {
      if (port.dispatched.length > 1) return input;
      throw new TaskFailed({ kind: 'worker', name, message: 'gone', stack: null, retryable: true });
    };
    const { outcome } = await run(effects === 'external' ? posting : noting, { port });
    expect(port.dispatched).toHaveLength(tries);
    expect(outcome.status).toBe(tries > 1 ? 'succeeded' : 'failed');
  });

  it('that fails on a defect of ours brings the workflow task down, not the run', async () => {
    const port = new Port();
    const defect = new TypeError('undefined is not a function');
    port.answer = () => {
      throw defect;
    };
    await expect(run(noting, { port })).rejects.toBe(defect);
  });
});

describe('a promotion', () => {
  it('is asked for with its resolved inputs and gives its end, a rollback too, as a value', async () => {
    const trained = { model: { artifact: 'model', digest: 'd', uri: 'file:///d', size: 1, metadata: {} }, auc: 0.7 };
    const port = new Port();
    port.answer = () => trained;
    const pipeline = definePipeline({ name: 'shipping' }, () => {
      const { model, auc } = trainStep({ text: 'fast' });
      const { status, version } = promote({ model, endpoint: 'flights', evidence: { auc } });
      return { status, version };
    });
    const { outcome } = await run(pipeline, { port });
    expect(outcome).toMatchObject({ status: 'succeeded', output: { status: 'rolledBack', version: 3 } });
    const input = { model: trained.model, endpoint: 'flights', evidence: { auc: 0.7 } };
    expect(port.promotions).toEqual([
      { task: { project: 'default', runId: 'r1', pipeline: 'small', path: 'promote' }, input },
    ]);
    expect(port.last('promote')).toMatchObject({ status: 'succeeded', input, output: PROMOTION });
  });
});

describe('an approval that nobody decides', () => {
  const asking = (onTimeout: 'reject' | 'fail' | { approve: { percent: number } }) =>
    definePipeline({ name: 'asking', params: text }, ({ params }) => {
      const form = z.object({ percent: z.number() });
      const { approved, timedOut, form: given } = approval({ message: params.text, form, timeout: '90s', onTimeout });
      return { approved, timedOut, given };
    });
  const request = { params: { text: 'Ship it?' } };

  it.each([
    ['reject' as const, { approved: false, timedOut: true, given: null }],
    [{ approve: { percent: 5 } }, { approved: true, timedOut: true, given: { percent: 5 } }],
  ])('ends as the pipeline says: %j', async (onTimeout, output) => {
    const { outcome, port } = await run(asking(onTimeout), { request });
    expect(outcome.output).toEqual(output);
    expect(port.approvals).toMatchObject([{ message: 'Ship it?', timeoutMs: 90_000, roles: [] }]);
    expect(port.transitions.find(({ status }) => status === 'waiting')?.detail).toMatchObject({ deadline: 91_000 });
  });

  it('may fail the run', async () => {
    const { outcome, port } = await run(asking('fail'), { request });
    expect(outcome.error).toBe("approval: Nobody decided on approval 'approval' within 90 s.");
    expect(port.last('approval')?.failure).toMatchObject({ kind: 'timeout', retryable: false });
    expect(port.last('approval')?.detail).toMatchObject({ message: 'Ship it?', deadline: 91_000 });
  });
});

describe('values of the wrong shape fail the task that reads them', () => {
  it.each<[JsonValue, string]>([
    [null, 'got null'],
    [{ a: 1 }, 'got {"a":1}'],
    ['text', 'got "text"'],
  ])('a fan-out over %j', async (value, message) => {
    const pipeline = definePipeline({ name: 'fan', params: z.object({ value: z.array(z.string()) }) }, ({ params }) => {
      fanOut(params.value, (item) => noteStep({ text: item }));
    });
    const { outcome } = await run(pipeline, { request: { params: { value } } });
    expect(outcome).toMatchObject({ status: 'failed' });
    expect(outcome.error).toBe(`fanOut: Fan-out 'fanOut' needs a list of items and ${message}.`);
  });

  const resting = definePipeline({ name: 'resting', params: z.object({ value: z.string() }) }, ({ params }) => {
    sleep(params.value);
  });

  it.each<[JsonValue, string]>([
    ['10 parsecs', "sleep: Sleep 'sleep': '10 parsecs' is no duration"],
    [-1, "sleep: Sleep 'sleep':"],
    [true, "needs milliseconds or text such as '30s', and got true"],
  ])('a sleep of %j', async (value, message) => {
    const { outcome, port } = await run(resting, { request: { params: { value } } });
    expect(outcome.error).toContain(message);
    expect(port.slept).toEqual([]);
  });

  it('a sleep of a good duration goes on', async () => {
    const { outcome, port } = await run(resting, { request: { params: { value: '2m' } } });
    expect(outcome.status).toBe('succeeded');
    expect(port.slept).toEqual([120_000]);
  });
});

describe('a compiled file that does not hold together', () => {
  const inner = definePipeline({ name: 'inner' }, () => ({ text: noteStep({ text: 'in' }).text }));
  const whole = compiledOf(definePipeline({ name: 'whole' }, () => ({ said: inner({}, { name: 'called' }).text })));
  const noted = compiledOf(noting);
  const returning = (output: Binding): CompiledPipeline => ({
    ...noted,
    ir: { ...noted.ir, body: { ...noted.ir.body, output } },
  });

  it('runs while it is whole', async () => {
    expect((await run(whole, {})).outcome).toEqual({ status: 'succeeded', output: { said: 'in' }, error: null });
  });

  it.each<[string, CompiledPipeline, string]>([
    [
      'a called pipeline is missing',
      { ...whole, ir: { ...whole.ir, pipelines: {} } },
      "called: Pipeline 'inner' is not in the compiled file.",
    ],
    [
      'a contract is missing',
      { ...noted, ir: { ...noted.ir, steps: {} } },
      "note: Step 'note' has no contract or code in the compiled pipeline.",
    ],
    ['code is missing', { ...noted, code: {} }, "note: Step 'note' has no contract or code in the compiled pipeline."],
  ])('fails the task that finds out: %s', async (_, compiled, error) => {
    const { outcome, port } = await run(compiled, {});
    expect(outcome).toEqual({ status: 'failed', output: null, error });
    expect(port.dispatched).toEqual([]);
  });

  it.each<[string, Binding, string]>([
    ['a node that is not there', { kind: 'output', node: 'ghost', path: [] }, "'ghost' is not in scope at ''"],
    [
      'the item of no fan-out',
      { kind: 'item', fanOut: 'trials', field: 'item', path: [] },
      "'trials' is not around ''",
    ],
    ['the value of no loop', { kind: 'carried', loop: 'tune', field: 'value', path: [] }, "'tune' is not around ''"],
  ])('says so, and what to do, when a binding reads %s', async (_, binding, what) => {
    const message = `The compiled pipeline is inconsistent: ${what}. Compile the pipeline again with this release.`;
    await expect(run(returning(binding), {})).rejects.toMatchObject({ message, failure: { name: 'BrokenIr' } });
  });
});

describe('bindings', () => {
  it('find the versions that were pinned when the run began, and the facts of the run', async () => {
    const compiled = compiledOf(noting);
    const output: Binding = {
      kind: 'object',
      fields: {
        champion: { kind: 'registered', model: 'flights', selector: 'champion', optional: false },
        run: { kind: 'run', field: 'id' },
        partition: { kind: 'run', field: 'partition' },
        status: { kind: 'run', field: 'status' },
      },
    };
    const pipeline = { ...compiled, ir: { ...compiled.ir, body: { ...compiled.ir.body, output } } };
    const { outcome } = await run(pipeline, { registered: { 'flights@champion': { version: 7 } } });
    expect(outcome.output).toEqual({ champion: { version: 7 }, run: 'r1', partition: '2001-06', status: null });
  });
});
