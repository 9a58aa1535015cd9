import { describe, expect, it } from 'vitest';
import type { ArtifactRef } from '../../ir/artifact.ts';
import type { CodeRef } from '../../ir/compiled-pipeline.ts';
import type { JsonObject } from '../../ir/json.ts';
import type { TaskDispatch } from '../../ir/protocol/task-dispatch.ts';
import type { Implementation, RunRead, StepContract } from '../../ir/step-contract.ts';
import { cacheKeyOf } from './cache-key.ts';
import type { Surroundings } from './surroundings.ts';
import { type DispatchChanges, dispatchOf } from './task-host.suite.ts';

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
