import { setMaxListeners } from 'node:events';
import { isAbsolute, relative } from 'node:path';
import type { JsonValue } from '../../ir/json.ts';
import { ATTEMPT_REPLACED } from '../../ir/protocol/task-failure.ts';
import { ArtifactError, type ArtifactStore, isPassing } from '../../store/artifacts/artifact-store.ts';
import type { AttemptKey, Measurement, TaskTable } from '../../store/metadata/task-table.ts';
import type { AttemptLog } from './attempt-log.ts';
import { KnownFailure } from './error-report.ts';
import type { HandlerNotice, HandlerPort, HandlerRequest } from './handler-protocol.ts';
import type { Masker } from './masker.ts';

/** How far a task is, as heartbeats and pages show it. */
export interface Progress {
  readonly share: number | null;
  readonly message: string | null;
}

/** The host's end of a handler's port. */
export interface AttemptServices extends HandlerPort {
  readonly progress: () => Progress;
  /** By path: the digest of an artifact that the handler was given there. */
  readonly read: ReadonlyMap<string, string>;
  /** Writes what is left to the store. */
  readonly close: () => Promise<void>;
}

export interface ServicesSetup {
  readonly artifacts: ArtifactStore;
  readonly tasks: TaskTable;
  readonly key: AttemptKey;
  readonly scratch: string;
  readonly log: AttemptLog;
  readonly masker: Masker;
}

/** People look at progress and curves by the second; a handler may report a thousand times as often. */
const SAVE_MS = 1_000;

export function createAttemptServices(setup: ServicesSetup): AttemptServices {
  const { tasks, key, log, masker } = setup;
  let progress: Progress = { share: null, message: null };
  let saved = progress;
  let metrics: Measurement[] = [];

  async function save(): Promise<void> {
    const batch = metrics;
    metrics = [];
    if (batch.length > 0) await tasks.saveMetrics(key, batch);
    if (progress === saved) return;
    saved = progress;
    await tasks.progressAttempt(key, progress.share, progress.message);
  }

  function saveAndTell(): Promise<void> {
    return save().catch((error: Error) => log.line('warn', `Progress or metrics were not stored: ${error.message}`));
  }

  const read = new Map<string, string>();
  const over = new AbortController();
  // Each artifact that is read listens, and Node would take more than ten for a leak.
  setMaxListeners(0, over.signal);
  const timer = setInterval(() => void saveAndTell(), SAVE_MS);
  return {
    notify(notice: HandlerNotice) {
      if (notice.kind === 'log') log.line(notice.level, notice.text);
      if (notice.kind === 'progress') {
        progress = { share: notice.share, message: notice.message === null ? null : masker.mask(notice.message) };
      }
      if (notice.kind === 'metrics') {
        for (const [name, value] of Object.entries(notice.values)) {
          metrics.push({ name: masker.mask(name), value, step: notice.step });
        }
      }
    },
    async request(request) {
      const given = await answer(setup, request, over.signal);
      if (request.kind === 'read') read.set(String(given), request.ref.digest);
      return given;
    },
    read,
    progress: () => progress,
    async close() {
      clearInterval(timer);
      over.abort();
      await saveAndTell();
    },
  };
}

async function answer(setup: ServicesSetup, request: HandlerRequest, over: AbortSignal): Promise<JsonValue> {
  try {
    if (request.kind === 'read') return await setup.artifacts.fetch(request.ref, over);
    if (request.kind === 'write') return await commit(setup, request);
    return await saveCheckpoint(setup, request.value);
  } catch (error) {
    throw error instanceof ArtifactError ? failureOfStore(error, request.kind) : error;
  }
}

async function commit(setup: ServicesSetup, request: Extract<HandlerRequest, { kind: 'write' }>): Promise<JsonValue> {
  const inside = relative(setup.scratch, request.path);
  if (inside === '' || inside.startsWith('..') || isAbsolute(inside)) {
    throw new KnownFailure('handler', 'UnsafePath', `An artifact must be written in the task's scratch folder.`, false);
  }
  refuseSecrets(setup.masker, JSON.stringify(request.metadata), 'The metadata of an artifact');
  return setup.artifacts.put(request.artifact, request.path, request.metadata);
}

async function saveCheckpoint(setup: ServicesSetup, value: JsonValue): Promise<null> {
  refuseSecrets(setup.masker, JSON.stringify(value), 'A checkpoint');
  if (await setup.tasks.saveCheckpoint(setup.key, value)) return null;
  throw replacedFailure(setup.key);
}

/** What is stored cannot be masked, for it would no longer be what the handler meant; so it is refused. */
export function refuseSecrets(masker: Masker, text: string, what: string): void {
  const [name] = masker.find(text);
  if (name === undefined) return;
  const message = `${what} holds the value of the secret '${name}'. Leave it out; whoever needs it declares the secret.`;
  throw new KnownFailure('contract', 'SecretInOutput', message, false);
}

export function replacedFailure(key: AttemptKey): KnownFailure {
  const message = `Attempt ${key.attempt} of task '${key.path}' in run ${key.runId} has ended already, with its run or by itself, or a later one has taken its place: what it gives is not taken.`;
  return new KnownFailure('worker', ATTEMPT_REPLACED, message, false);
}

function failureOfStore(error: ArtifactError, asked: HandlerRequest['kind']): KnownFailure {
  // Another worker may have room, or reach it; what is missing or damaged is so for all of them.
  if (isPassing(error)) return new KnownFailure('worker', error.name, error.message);
  const kind = asked === 'write' ? 'handler' : 'environment';
  return new KnownFailure(kind, error.name, error.message, false);
}
