import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ArtifactRef } from '../../ir/artifact.ts';
import type { CodeRef } from '../../ir/compiled-pipeline.ts';
import { canonicalJson, type JsonObject, type JsonValue } from '../../ir/json.ts';
import type { TaskDispatch } from '../../ir/protocol/task-dispatch.ts';
import type { Implementation, RunRead, StepContract } from '../../ir/step-contract.ts';
import { envSecrets } from '../../store/secrets/env-secrets.ts';
import { cacheKeyOf } from './cache-key.ts';
import { type Surroundings, surroundingsOf } from './surroundings.ts';
import { type DispatchChanges, dispatchOf, SETTINGS } from './task-host.suite.ts';

const CODE: CodeRef = { kind: 'package', digest: `sha256:${'c'.repeat(64)}` };
const OTHER = `sha256:${'d'.repeat(64)}`;
const MODEL: ArtifactRef = { artifact: 'model', digest: OTHER, uri: 'file:///m', size: 1, metadata: { rows: 1 } };
const AROUND: Surroundings = {
  sources: { from: 's1' },
  programs: { '/bin/tool': 'p1' },
  secretVersions: { key: 'k@1' },
};
const FACTS = { logicalTime: '2001-06-01', partition: '2001-06', runId: 'r1' };

const CONTRACT: Partial<StepContract> = {
  input: { type: 'object', properties: { n: { type: 'number', default: 3 } } },
  reads: ['logicalTime', 'partition', 'runId'],
  sources: ['from'],
};
const BASE: DispatchChanges = {
  path: 'base',
  contract: CONTRACT,
  input: { n: 3, from: '/data.csv', models: [MODEL] },
  reads: FACTS,
};

interface Change {
  readonly code?: CodeRef;
  readonly dispatch?: DispatchChanges;
  readonly around?: Partial<Surroundings>;
  readonly project?: string;
}

function keyOf({ code = CODE, dispatch = {}, around = {}, project = 'default' }: Change = {}) {
  const made: TaskDispatch = dispatchOf(code, { ...BASE, ...dispatch });
  return cacheKeyOf({ ...made, task: { ...made.task, project } }, { ...AROUND, ...around });
}

/** The parts of the key that a change changes; the key itself changes exactly when one does. */
function partsChangedBy(change: Change): readonly string[] {
  const [before, after] = [keyOf(), keyOf(change)];
  const names = [...new Set([...Object.keys(before.parts), ...Object.keys(after.parts)])];
  const changed = names.filter((name) => before.parts[name] !== after.parts[name]).sort();
  expect(after.key === before.key).toBe(changed.length === 0);
  return changed;
}

const contract = (changes: Partial<StepContract>): Change => ({ dispatch: { contract: { ...CONTRACT, ...changes } } });
const input = (changes: JsonObject): Change => ({ dispatch: { input: { ...BASE.input, ...changes } } });
const run = (implementation: Implementation) => contract({ implementation });
const command = (changes: { command?: string[]; files?: string[]; environment?: string[] }) =>
  run({ kind: 'process', command: ['sh'], files: [], environment: [], ...changes });

describe('the key of a result misses when a change is made to', () => {
  it.each<[string, Change, readonly string[]]>([
    ['the project', { project: 'other' }, ['project']],
    ['the code package', { code: { kind: 'package', digest: OTHER } }, ['code']],
    ['the code of a built-in step', { code: { kind: 'builtin', step: 'work', digest: OTHER } }, ['code']],
    ['the name', contract({ name: 'other' }), ['contract']],
    ['the input schema', contract({ input: { type: 'object', properties: { n: { default: 3 } } } }), ['contract']],
    ['the output schema', contract({ output: {} }), ['contract']],
    ['the effects', contract({ effects: 'idempotent' }), ['contract']],
    ['what it reads', contract({ reads: ['logicalTime', 'partition'] }), ['contract', 'read runId']],
    ['an input', input({ n: 4 }), ['input n']],
    ['a default', contract({ input: { properties: { more: { default: 1 } } } }), ['contract', 'input more']],
    ['an artifact', input({ models: [{ ...MODEL, digest: CODE.digest }] }), ['input models']],
    ['what is told of an artifact', input({ models: [{ ...MODEL, metadata: { rows: 2 } }] }), ['input models']],
    ['a declared variable', { dispatch: { settings: { env: { MODE: 'slow' } } } }, ['env MODE']],
    ['replicas', { dispatch: { settings: { resources: { ...SETTINGS.resources, replicas: 2 } } } }, ['replicas']],
    ['a secret', { around: { secretVersions: { key: 'other@1' } } }, ['secret key']],
    ['the version of a secret', { around: { secretVersions: { key: 'k@2' } } }, ['secret key']],
    ['outside data', { around: { sources: { from: 's2' } } }, ['source from']],
    ['a program outside', { around: { programs: { '/bin/tool': 'p2' } } }, ['program /bin/tool']],
    ...(['logicalTime', 'partition', 'runId'] as const).map((fact: RunRead): [string, Change, readonly string[]] => [
      `the declared ${fact}`,
      { dispatch: { reads: { ...FACTS, [fact]: 'other' } } },
      [`read ${fact}`],
    ]),
  ])('%s', (_, change, parts) => {
    expect(partsChangedBy(change)).toEqual([...parts].sort());
  });

  it.each<[string, Change, Change]>([
    ['a command', command({}), command({ command: ['sh', '-e'] })],
    ['its declared files', command({}), command({ files: ['a'] })],
    ['its declared environment', command({}), command({ environment: ['uv.lock'] })],
    [
      'the image of a container',
      { ...run({ kind: 'container', image: 'a@sha256:1', command: [] }), code: { kind: 'none' } },
      { ...run({ kind: 'container', image: 'a@sha256:2', command: [] }), code: { kind: 'none' } },
    ],
  ])('%s', (_, before, after) => {
    expect(keyOf(before).key).not.toBe(keyOf(after).key);
  });

  it('and where a default that is left out is one of several, which only the step can tell', () => {
    const mode = (value: string) => ({ type: 'object', properties: { mode: { default: value } } });
    const { dispatch: either = {} } = contract({
      input: { type: 'object', properties: { pick: { anyOf: [mode('A'), mode('B')] } } },
    });
    const keyWith = (pick: JsonObject) => keyOf({ dispatch: { ...either, input: { pick } } }).key;
    expect(keyWith({})).not.toBe(keyWith({ mode: 'A' }));
  });

  it.each<[string, Change]>([
    ['where an artifact lies', input({ models: [{ ...MODEL, uri: 's3://m' }] })],
    ['an input that is left out and has its default', { dispatch: { input: { from: '/data.csv', models: [MODEL] } } }],
    ['the place of the task', { dispatch: { path: 'elsewhere' } }],
    ['how it is run', { dispatch: { settings: { timeoutMs: 1, isolation: 'thread' } } }],
  ])('and hits whatever is %s', (_, change) => {
    expect(partsChangedBy(change)).toEqual([]);
  });
});

describe('what its author says that a result depends on', () => {
  const cache = { policy: 'on', ttlMs: null } as const;
  const keyed = (key: readonly string[], changes: JsonObject = {}): Change => ({
    dispatch: { settings: { cache: { ...cache, key } }, input: { ...BASE.input, ...changes } },
  });
  const called = (identity: JsonValue, changes: JsonObject = {}): Change => ({
    dispatch: { identity, input: { ...BASE.input, ...changes } },
  });

  it('is the inputs that the contract names, and no others', () => {
    expect(keyOf(keyed(['n'], { from: '/other.csv' }))).toEqual(keyOf(keyed(['n'])));
    expect(keyOf(keyed(['n'], { n: 4 })).key).not.toBe(keyOf(keyed(['n'])).key);
    expect(partsChangedBy(keyed(['n']))).toEqual(['input from', 'input models', 'key']);
    expect(keyOf(keyed(['n', 'from']))).toEqual(keyOf(keyed(['from', 'n'])));
  });

  it('is the value that the call gives, whatever the inputs are and the contract says', () => {
    expect(keyOf(called('2026-01-01', { n: 4 }))).toEqual(keyOf(called('2026-01-01')));
    expect(keyOf(called('2026-01-02')).key).not.toBe(keyOf(called('2026-01-01')).key);
    expect(keyOf(called({ model: MODEL }))).toEqual(keyOf(called({ model: { ...MODEL, uri: 's3://m' } })));
    const both = { dispatch: { ...called('x').dispatch, ...keyed(['n']).dispatch } };
    expect(keyOf(both)).toEqual(keyOf(called('x')));
  });

  it('decides what is looked at outside, too', async () => {
    const sourcesOf = async ({ dispatch }: Change) =>
      surroundingsOf(dispatchOf(CODE, { ...BASE, ...dispatch }), envSecrets({}), async () => 'state');
    expect(await sourcesOf({})).toMatchObject({ sources: { from: 'state' } });
    expect(await sourcesOf(keyed(['n']))).toMatchObject({ sources: {} });
    expect(await sourcesOf(keyed(['from']))).toMatchObject({ sources: { from: 'state' } });
    expect(await sourcesOf(called('x'))).toMatchObject({ sources: {} });
  });

  /** Few values of each, so that two of them are often the same. */
  const given = fc.record({
    a: fc.constantFrom(1, 2, null),
    b: fc.option(fc.constantFrom<JsonValue>(1, 'x'), { nil: undefined }),
    key: fc.option(fc.subarray(['a', 'b'], { minLength: 1 }), { nil: undefined }),
    identity: fc.option(fc.constantFrom<JsonValue>('', 1, 'x', null, { a: 1 }), { nil: undefined }),
    mode: fc.constantFrom('fast', 'slow'),
    version: fc.constantFrom('k@1', 'k@2'),
    digest: fc.constantFrom(CODE.digest, OTHER),
    timeoutMs: fc.constantFrom(1, 2),
  });
  type Given = typeof given extends fc.Arbitrary<infer T> ? T : never;

  function counted({ a, b, key, identity, mode, version, digest }: Given): string {
    const always = { mode, version, digest };
    if (identity !== undefined) return canonicalJson({ always, identity });
    const inputs = Object.fromEntries(
      Object.entries(inputOf({ a, b })).filter(([name]) => key?.includes(name) ?? true),
    );
    return canonicalJson({ always, inputs, key: key ? [...key].sort() : null });
  }

  function inputOf({ a, b }: Pick<Given, 'a' | 'b'>): JsonObject {
    return b === undefined ? { a } : { a, b };
  }

  function keyFor({ a, b, key, identity, mode, version, digest, timeoutMs }: Given): string {
    const settings = { cache: key ? { ...cache, key } : cache, env: { MODE: mode }, timeoutMs };
    const asked = identity === undefined ? {} : { identity };
    const made = dispatchOf({ kind: 'package', digest }, { path: 'p', input: inputOf({ a, b }), settings, ...asked });
    return cacheKeyOf(made, { sources: {}, programs: {}, secretVersions: { token: version } }).key;
  }

  it('makes two keys one exactly where all that counts is the same', () => {
    fc.assert(
      fc.property(given, given, (one, other) => {
        expect(keyFor(one) === keyFor(other)).toBe(counted(one) === counted(other));
      }),
      { numRuns: 2_000 },
    );
  });
});
