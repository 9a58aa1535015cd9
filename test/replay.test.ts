import { access, mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import {
  bundleWorkflowCode,
  DefaultLogger,
  type InjectedSinks,
  Worker,
  type WorkflowBundleOption,
} from '@temporalio/worker';
import { DeterminismViolationError } from '@temporalio/workflow';
import { beforeAll, describe, expect, it } from 'vitest';
import { digestOfBytes } from '../ir/digest.ts';
import { dataConverter } from '../store/payloads/data-converter.ts';
import { compiledOf } from '../workflows/interpreter-driver.suite.ts';
import { digestsIn, keepPayloads, keptPayloads } from './support/kept-payloads.ts';
import { childrenIn, inputsIn } from './support/recorded-history.ts';
import { RECORDED_PIPELINES, type RecordedPipeline } from './support/recorded-pipelines.ts';
import { temporalDriver } from './support/temporal-driver.ts';
import type { InputSinks } from './support/told-inputs.ts';

const HISTORIES = new URL('./histories/', import.meta.url);
const bundle = { codePath: new URL('../dist/workflow-bundle.js', import.meta.url).pathname };
const at = (path: string) => new URL(path, import.meta.url).pathname;

/** `RECORD_HISTORIES=0.1.0 npx vitest run --project system test/replay` records those of a release about to be made. */
const release = process.env.RECORD_HISTORIES;

if (release !== undefined) {
  const folder = new URL(`${release}/`, HISTORIES);

  it.each(RECORDED_PIPELINES)('records $name', async (recorded) => {
    await mkdir(folder, { recursive: true });
    if (await exists(new URL(`${recorded.name}.json`, folder))) return;
    for (const [name, history] of Object.entries(await record(recorded, folder))) {
      await writeFile(new URL(`${name}.json`, folder), history);
    }
  });
}

const payloadsIn = (folder: URL) => new URL('payloads/', folder);

/** What the histories of a release that is out hold is never edited: those that are there stay. */
async function exists(file: URL): Promise<boolean> {
  return access(file).then(
    () => true,
    () => false,
  );
}

/**
 * The histories of the run and of what it starts, its rollout and its parts, by the names of their files. What they refer
 * to is kept beside them.
 */
async function record({ name, pipeline, run, ends, driver: options }: RecordedPipeline, folder: URL) {
  const driver = await temporalDriver(options);
  try {
    const { outcome } = await driver.run(compiledOf(pipeline), run);
    expect(outcome.status).toBe(ends);
    const { workflowId } = await driver.lastRun();
    const history = await driver.history(workflowId);
    const histories = { [name]: history };
    for (const [index, child] of childrenIn(history).entries()) {
      const what = child.includes('/rollout/') ? 'rollout' : `part-${index + 1}`;
      histories[`${name}.${what}`] = await driver.history(child);
    }
    for (const kept of Object.values(histories)) await keepPayloads(kept, driver.payloads, payloadsIn(folder));
    return histories;
  } finally {
    await driver.close();
  }
}

const files = (await readdir(HISTORIES, { recursive: true })).filter((name) => name.endsWith('.json'));

describe('a run of any release ever made goes on under this one', () => {
  it('with payloads that it refers to', async () => {
    const history = await readFile(new URL('0.1.0/large-payloads.json', HISTORIES), 'utf8');
    const digests = [...digestsIn(history)];
    expect(digests).not.toEqual([]);
    const { get } = keptPayloads(payloadsIn(new URL('0.1.0/', HISTORIES)));
    for (const digest of digests) expect(digestOfBytes(await get(digest))).toBe(digest);
  });

  it.each(files)('%s', async (file) => {
    await expect(replay(await historyIn(file), file)).resolves.not.toThrow();
  });

  // A replay compares names and order, and no arguments. What an older workflow has asked for, workers of today may get.
  describe('and asks of activities and children what it asked of them then', () => {
    let telling: WorkflowBundleOption;
    beforeAll(async () => {
      telling = await bundleWorkflowCode({
        workflowsPath: at('../dist/workflows/temporal/workflows.js'),
        payloadConverterPath: at('../dist/workflows/temporal/payload-converter.js'),
        workflowInterceptorModules: [at('./support/told-inputs.ts')],
        logger: new DefaultLogger('ERROR'),
      });
    });

    it.each(files)('%s', async (file) => {
      const told: Record<string, unknown> = {};
      const tell = (_info: unknown, id: string, args: readonly unknown[]) => {
        told[id] = args;
      };
      const sinks: InjectedSinks<InputSinks> = { inputs: { told: { fn: tell, callDuringReplay: true } } };
      await replay(await historyIn(file), file, telling, sinks);
      const text = await readFile(new URL(file, HISTORIES), 'utf8');
      const recorded = await inputsIn(text, keptPayloads(payloadsIn(new URL(file, HISTORIES))));
      // What was cancelled before it was sent is in no history.
      expect(Object.fromEntries(Object.keys(recorded).map((id) => [id, told[id]]))).toEqual(recorded);
    });
  });

  it('whatever its pipeline holds', () => {
    const recorded = new Set(files.map((file) => file.slice(file.indexOf('/') + 1)));
    expect(RECORDED_PIPELINES.filter(({ name }) => !recorded.has(`${name}.json`)).map(({ name }) => name)).toEqual([]);
  });
});

type HistoryEvent = Record<string, unknown>;
interface History {
  readonly events: readonly HistoryEvent[];
}

/** Replays what a file holds, or was made of it, with the payloads beside it. */
function replay(
  history: History,
  file: string,
  workflowBundle: WorkflowBundleOption = bundle,
  sinks: InjectedSinks<InputSinks> | Record<never, never> = {},
): Promise<void> {
  const converter = dataConverter(keptPayloads(payloadsIn(new URL(file, HISTORIES))));
  return Worker.runReplayHistory({ workflowBundle, dataConverter: converter, sinks }, history);
}

async function historyIn(file: string): Promise<History> {
  return JSON.parse(await readFile(new URL(file, HISTORIES), 'utf8')) as History;
}

/** Another history, in which the first event of a type holds something else. */
function edited({ events }: History, type: string, from: string, to: string): History {
  const place = events.findIndex((event) => event.eventType === `EVENT_TYPE_${type}`);
  const text = JSON.stringify(events[place]);
  expect(text).toContain(from);
  return { events: events.with(place, JSON.parse(text.replace(from, to)) as HistoryEvent) };
}

/** Another history, in which two commands of one step came the other way round. */
function swapped({ events }: History, first: string, second: string): History {
  const place = events.findIndex(({ eventType }, index) => {
    return eventType === `EVENT_TYPE_${first}` && events[index + 1]?.eventType === `EVENT_TYPE_${second}`;
  });
  const [one, two] = [events[place], events[place + 1]];
  if (!one || !two) expect.fail(`no ${first} is followed by a ${second}`);
  const at = (event: HistoryEvent, { eventId }: HistoryEvent) => ({ ...event, eventId });
  return { events: events.with(place, at(two, one)).with(place + 1, at(one, two)) };
}

/** Another history, in which the first local activity had another name. */
function withLocalActivity(history: History, from: string, to: string): History {
  const place = history.events.findIndex(({ eventType }) => eventType === 'EVENT_TYPE_MARKER_RECORDED');
  const [, data = ''] = /"data":"([^"]+)"/.exec(JSON.stringify(history.events[place])) ?? [];
  return edited(history, 'MARKER_RECORDED', data, btoa(atob(data).replace(from, to)));
}

const OTHER_HISTORIES: readonly [what: string, name: string, edit: (history: History) => History][] = [
  ['another activity', 'loop', (it) => edited(it, 'ACTIVITY_TASK_SCHEDULED', '"name":"add"', '"name":"subtract"')],
  ['another local activity', 'light-tasks', (it) => withLocalActivity(it, '"openRun"', '"endRun"')],
  ['another child', 'promote', (it) => edited(it, 'START_CHILD_WORKFLOW_EXECUTION_INITIATED', '/rollout/', '/rolled/')],
  ['another first move', 'promote.rollout', (it) => edited(it, 'ACTIVITY_TASK_SCHEDULED', 'standing', 'setTraffic')],
  ['a timer first', 'retry-with-backoff', (it) => swapped(it, 'ACTIVITY_TASK_SCHEDULED', 'TIMER_STARTED')],
  ['a cancel first', 'cancelled', (it) => swapped(it, 'TIMER_CANCELED', 'ACTIVITY_TASK_CANCEL_REQUESTED')],
];

describe('a history that these workflows would not have made is told apart', () => {
  it.each(OTHER_HISTORIES)('%s: %s', async (_what, name, edit) => {
    const file = `0.1.0/${name}.json`;
    const history = await historyIn(file);
    await expect(replay(history, file)).resolves.not.toThrow();
    await expect(replay(edit(history), file)).rejects.toThrow(DeterminismViolationError);
  });
});
