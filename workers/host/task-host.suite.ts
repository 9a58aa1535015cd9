import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { packageCode } from '../../code/code-package.ts';
import type { CodePackage } from '../../ir/compiled-pipeline.ts';
import type { JsonObject, JsonValue } from '../../ir/json.ts';
import type { TaskDispatch } from '../../ir/protocol/task-dispatch.ts';
import { TaskFailed, type TaskFailure } from '../../ir/protocol/task-failure.ts';
import type { StepContract, TaskSettings } from '../../ir/step-contract.ts';
import { allChunks } from '../../store/metadata/all-chunks.suite.ts';
import type { LogLine } from '../../store/metadata/task-table.ts';
import { openStores, type Stores } from '../../store/open-stores.ts';
import { envSecrets } from '../../store/secrets/env-secrets.ts';
import { type BuiltRooms, buildRooms } from './built-rooms.suite.ts';
import { type AttemptDetails, createTaskHost, type TaskHost } from './task-host.ts';
import type { TaskHostSettings } from './task-host-settings.ts';

/** A host over real stores in a folder of its own, and code packages made from the text of a handler. */
export interface HostFixture {
  readonly home: string;
  readonly stores: Stores;
  readonly host: TaskHost;
  readonly settings: TaskHostSettings;
  readonly built: BuiltRooms;
  /** Packages a CommonJS module whose `default` is a step. */
  readonly packageOf: (moduleText: string) => Promise<CodePackage>;
  /** Packages files alone, as for a step that is a command. */
  readonly filesOf: (files: Readonly<Record<string, string>>) => Promise<CodePackage>;
  /** Packages a step with this body and runs it once. */
  readonly run: (body: string, changes?: StepChanges) => Promise<JsonValue>;
  readonly close: () => Promise<void>;
}

export interface StepChanges extends DispatchChanges, RunOptions {
  readonly schemas?: { readonly input?: string; readonly output?: string };
}

export const RUN = 'run-1';
const ANY = { type: 'object', additionalProperties: true } as const;

export async function openHost(changes: Partial<TaskHostSettings> = {}): Promise<HostFixture> {
  const built = buildRooms();
  const home = await mkdtemp(join(tmpdir(), 'millrace-host-'));
  const stores = await openStores({ home, project: 'default' });
  const packages = new Map<string, CodePackage>();
  const settings: TaskHostSettings = {
    ...stores,
    getPackage: async (digest) => {
      const found = packages.get(digest);
      if (!found) throw new Error(`package ${digest} is unknown`);
      return found;
    },
    cacheFolder: join(home, 'code'),
    workerId: 'worker-1',
    capacity: { memory: 8 * 2 ** 30, cpu: 4, gpu: 0 },
    secrets: envSecrets({}),
    graceMs: 300,
    advertisedHost: '127.0.0.1',
    files: {
      entry: join(built.folder, 'dist/workers/host/handler-process.js'),
      builtins: join(built.folder, 'builtins.js'),
      builtinDigests: join(built.folder, 'builtins.json'),
    },
    ...changes,
  };
  const host = createTaskHost(settings);
  const store = async (
    bundle: Uint8Array | null,
    files: Readonly<Record<string, string>>,
    externals: Record<string, string>,
  ) => {
    const bytes = new Map(Object.entries(files).map(([path, text]) => [path, Buffer.from(text)]));
    const { manifest, blobs } = packageCode(bundle, bytes, externals);
    for (const blob of blobs.values()) await stores.artifacts.putBlob(blob);
    packages.set(manifest.digest, manifest);
    return manifest;
  };
  const packageOf = (text: string) => store(Buffer.from(text), {}, { zod: ZOD });
  return {
    home,
    stores,
    host,
    settings,
    built,
    packageOf,
    run: async (body, changes = {}) => {
      const { digest } = await packageOf(stepModule(body, changes.schemas));
      return runTask(host, dispatchOf({ kind: 'package', digest }, changes), changes);
    },
    filesOf: (files) => store(null, files, {}),
    close: async () => {
      await host.close();
      await stores.close();
      await rm(home, { recursive: true, force: true });
      built.remove();
    },
  };
}

const ZOD = '4.6.7';

export const SETTINGS: TaskSettings = {
  resources: { queue: 'cpu', memory: null, cpu: null, gpu: null },
  retry: { attempts: 3, backoffMs: 1, factor: 2, maxBackoffMs: 10, nonRetryable: ['Hopeless'] },
  timeoutMs: 20_000,
  cache: { policy: 'off', ttlMs: null },
  env: {},
  secrets: {},
  isolation: 'process',
};

function contractOf(changes: Partial<StepContract> = {}): StepContract {
  return {
    name: 'work',
    description: null,
    input: ANY,
    output: ANY,
    effects: 'none',
    cost: 'ordinary',
    reads: [],
    sources: [],
    implementation: { kind: 'handler' },
    settings: SETTINGS,
    ...changes,
  };
}

let paths = 0;
/** An attempt of a task ends once, so that tests that name no path each get one of their own. */
function freshPath(): string {
  paths += 1;
  return `work-${paths}`;
}

export interface DispatchChanges {
  readonly path?: string;
  readonly input?: JsonObject;
  readonly settings?: Partial<TaskSettings>;
  readonly contract?: Partial<StepContract>;
  readonly cacheKey?: string | null;
  readonly reads?: TaskDispatch['reads'];
  readonly identity?: JsonValue;
}

export function dispatchOf(code: TaskDispatch['code'], changes: DispatchChanges = {}): TaskDispatch {
  return {
    task: { project: 'default', runId: RUN, pipeline: 'p', path: changes.path ?? freshPath() },
    contract: contractOf(changes.contract),
    settings: { ...SETTINGS, ...changes.settings },
    code,
    input: changes.input ?? {},
    reads: changes.reads ?? {},
    cacheKey: changes.cacheKey ?? null,
    ...(changes.identity === undefined ? {} : { identity: changes.identity }),
  };
}

export interface RunOptions {
  readonly attempt?: number;
  readonly signal?: AbortSignal;
  readonly turnWithinMs?: number;
  readonly onProgress?: (details: AttemptDetails) => void;
}

export function runTask(host: TaskHost, dispatch: TaskDispatch, options: RunOptions = {}) {
  return host.run({
    dispatch,
    attempt: options.attempt ?? 1,
    signal: options.signal ?? new AbortController().signal,
    ...(options.turnWithinMs === undefined ? {} : { turnWithinMs: options.turnWithinMs }),
    onProgress: options.onProgress ?? (() => undefined),
  });
}

/** The failure that a task ends with; an output is an error here. */
export async function failureOf(running: Promise<unknown>): Promise<TaskFailure> {
  const output = await running.catch((error: unknown) => error);
  if (output instanceof TaskFailed) return output.failure;
  throw new Error(`The task was to fail, and gave ${output instanceof Error ? output.stack : JSON.stringify(output)}.`);
}

export async function logOf(stores: Stores, path: string): Promise<readonly LogLine[]> {
  const chunks = await allChunks(stores.metadata.tasks, RUN, { path });
  return chunks.flatMap((chunk) => chunk.lines);
}

/** The text of a module whose step has this body: `input` and `task` are in scope, and zod as `z`. */
export function stepModule(body: string, schemas: { input?: string; output?: string } = {}): string {
  return `
const { defineStep } = require('millrace');
const { z } = require('zod');
exports.default = defineStep({
  name: 'work',
  input: ${schemas.input ?? 'z.looseObject({})'},
  output: ${schemas.output ?? 'z.looseObject({})'},
}).implement(async ({ input, task }) => {
${body}
});
`;
}
