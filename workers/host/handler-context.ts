import { mkdirSync } from 'node:fs';
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { TaskContext, TaskLog } from '../../dsl/task-context.ts';
import { ARTIFACT_KINDS, type ArtifactKind, type ArtifactRef, isArtifactRef } from '../../ir/artifact.ts';
import type { JsonObject } from '../../ir/json.ts';
import type { LogLine } from '../../store/metadata/task-table.ts';
import { KnownFailure } from './error-report.ts';
import type { HandlerJob, HandlerPort } from './handler-protocol.ts';
import { plainJson } from './plain-json.ts';

/** The context that a handler sees, over whatever port reaches its host. */
export function taskContext(job: HandlerJob, port: HandlerPort, signal: AbortSignal): TaskContext {
  let written = 0;
  const log = taskLog(port);
  return Object.freeze({
    path: job.path,
    attempt: job.attempt,
    run: job.run,
    gang: job.gang,
    signal,
    get scratch(): string {
      return madeScratch(job.scratch);
    },
    lastCheckpoint: job.lastCheckpoint,
    log,
    progress(share: number, message?: string): void {
      port.notify({ kind: 'progress', share: clampShare(share), message: message ?? null });
    },
    metrics(values: Readonly<Record<string, number>>, step = 0): void {
      const finite = Object.entries(values).filter(([, value]) => Number.isFinite(value));
      if (finite.length > 0) port.notify({ kind: 'metrics', values: Object.fromEntries(finite), step });
      for (const [name, value] of Object.entries(values)) {
        if (!Number.isFinite(value)) log.warn(`Metric '${name}' is ${value} at step ${step}; it is not kept.`);
      }
    },
    async read(ref: ArtifactRef): Promise<string> {
      const { artifact, digest, uri, size, metadata } = ref;
      return String(await port.request({ kind: 'read', ref: { artifact, digest, uri, size, metadata } }));
    },
    async write<K extends ArtifactKind>(
      artifact: K,
      write: (path: string) => Promise<void> | void,
      metadata: JsonObject = {},
    ): Promise<ArtifactRef<K>> {
      checkKind(job.step, artifact);
      written += 1;
      const folder = join(madeScratch(job.scratch), `artifact-${written}`);
      await mkdir(folder);
      try {
        const path = join(folder, 'content');
        await write(path);
        const checked = plainJson(metadata, 'The metadata of an artifact') as JsonObject;
        const ref = await port.request({ kind: 'write', artifact, path, metadata: checked });
        if (!isArtifactRef(ref)) throw new TypeError('The host answered a write with something that is no artifact.');
        return ref as ArtifactRef<K>;
      } finally {
        await rm(folder, { recursive: true, force: true });
      }
    },
    async checkpoint(value) {
      refuseCheckpointOfRank(job);
      await port.request({ kind: 'checkpoint', value: plainJson(value, 'A checkpoint') });
    },
    secret(name: string): string {
      const value = job.secrets[name];
      if (value !== undefined) return value;
      throw new KnownFailure(
        'environment',
        'UndeclaredSecret',
        `Step '${job.step}' reads the secret '${name}', which it does not declare: add secrets: { ${name}: secret('…') } to its contract.`,
      );
    },
  } satisfies TaskContext);
}

/** `tsc` refuses other kinds; a file that it has not seen, or a kind out of data, comes here. */
function checkKind(step: string, artifact: string): void {
  if ((ARTIFACT_KINDS as readonly string[]).includes(artifact)) return;
  const kinds = ARTIFACT_KINDS.map((kind) => `'${kind}'`).join(', ');
  const message = `Step '${step}' writes an artifact of the kind '${artifact}'; the kinds are ${kinds}.`;
  throw new KnownFailure('contract', 'UnknownKind', message, false);
}

/** Each rank's own would be of different moments, and the next attempt would begin with what never was together. */
function refuseCheckpointOfRank({ gang, path }: HandlerJob): void {
  if (gang === undefined || gang.rank === 0) return;
  const message = `Rank ${gang.rank} of task '${path}' saves a checkpoint; of replicas rank 0 alone does, for all: write if (task.gang?.rank === 0) before it.`;
  throw new KnownFailure('contract', 'CheckpointOfRank', message, false);
}

/** Made when it is first asked for: most handlers need none. */
function madeScratch(path: string): string {
  try {
    mkdirSync(path, { recursive: true });
    return path;
  } catch (error) {
    const found = error instanceof Error ? error.message : String(error);
    const message = `The task's scratch folder cannot be made: ${found}. Make room on this worker's disk, or see who owns the folder above.`;
    throw new KnownFailure('worker', 'ScratchError', message);
  }
}

function taskLog(port: HandlerPort): TaskLog {
  const at = (level: LogLine['level']) => (message: string, fields?: JsonObject) =>
    port.notify({ kind: 'log', level, text: fields ? `${message} ${JSON.stringify(fields)}` : String(message) });
  return Object.freeze({ debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') });
}

function clampShare(share: number): number | null {
  return Number.isFinite(share) ? Math.min(1, Math.max(0, share)) : null;
}
