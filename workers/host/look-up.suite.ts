import { afterAll, beforeAll } from 'vitest';
import type { CacheLookup, TaskDispatch } from '../../ir/protocol/task-dispatch.ts';
import type { TaskSettings } from '../../ir/step-contract.ts';
import { envSecrets } from '../../store/secrets/env-secrets.ts';
import { lookUp } from './look-up.ts';
import {
  type DispatchChanges,
  dispatchOf,
  type HostFixture,
  openHost,
  runTask,
  stepModule,
} from './task-host.suite.ts';

const CACHED: Partial<TaskSettings> = { cache: { policy: 'on', ttlMs: null } };
const BODY = `
if (input.slowMs) await new Promise((r) => setTimeout(r, input.slowMs));
const made = await task.write('file', (path) => require('node:fs').writeFileSync(path, 'made ' + JSON.stringify(input)));
return { made };`;

/** A host whose tasks are looked up, and what the tests of looking up do with it. For the top of a test file. */
export function lookUps(secrets: Record<string, string> = {}) {
  let opened: HostFixture | null = null;
  let digest = '';
  const fixture = () => {
    if (opened === null) throw new Error('The host is opened before the tests.');
    return opened;
  };
  beforeAll(async () => {
    opened = await openHost({ secrets: envSecrets(secrets) });
    ({ digest } = await opened.packageOf(stepModule(BODY)));
  });
  afterAll(() => fixture().close());

  const task = ({
    code = { kind: 'package', digest },
    ...changes
  }: DispatchChanges & { code?: TaskDispatch['code'] } = {}): TaskDispatch => {
    const dispatch = dispatchOf(code, { ...changes, settings: { ...CACHED, ...changes.settings } });
    return { ...dispatch, task: { ...dispatch.task, path: changes.path ?? 'cached' } };
  };

  const look = async (dispatch: TaskDispatch, now = Date.now()): Promise<CacheLookup> => {
    const [found] = await lookUp([{ dispatch, retryOf: null }], fixture().stores, now, envSecrets(secrets));
    if (!found) throw new Error('No lookup came back.');
    return found;
  };

  let runs = 0;
  /** Runs a task as the interpreter does: under the key that it was looked up with, in a run of its own. */
  const runAndKeep = async (dispatch: TaskDispatch, key?: string | null, inRun?: string) => {
    if (!inRun) runs += 1;
    const cacheKey = key === undefined ? (await look(dispatch)).key : key;
    const runId = inRun ?? `kept-${runs}`;
    return runTask(fixture().host, { ...dispatch, cacheKey, task: { ...dispatch.task, runId } });
  };
  /** How many runs it has made: the last is `kept-` with that number. */
  const made = () => runs;
  return { fixture, task, look, runAndKeep, made };
}
