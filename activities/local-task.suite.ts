import { createHash, randomUUID } from 'node:crypto';
import { mkdir, mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import type { TaskContext } from '../dsl/task-context.ts';
import type { ArtifactKind, ArtifactRef } from '../ir/artifact.ts';
import { digestOfBytes, digestOfJson } from '../ir/digest.ts';

/** Runs handlers outside a worker: artifacts lie in a temporary folder, with digests as a store would give them. */
export interface LocalTasks {
  readonly folder: string;
  task(path: string, run?: TaskContext['run'], attempt?: number): Promise<TaskContext>;
  /** What handlers have reported by `task.metrics`, by task path. */
  readonly metrics: Map<string, Record<string, number>>;
  remove(): Promise<void>;
}

export async function createLocalTasks(): Promise<LocalTasks> {
  const folder = await mkdtemp(join(tmpdir(), 'millrace-tasks-'));
  const metrics = new Map<string, Record<string, number>>();
  const quiet = () => {};
  return {
    folder,
    metrics,
    async task(path, run = {}, attempt = 1) {
      const scratch = join(folder, randomUUID());
      await mkdir(scratch, { recursive: true });
      return {
        path,
        attempt,
        run,
        gang: undefined,
        signal: new AbortController().signal,
        log: { debug: quiet, info: quiet, warn: quiet, error: quiet },
        scratch,
        progress: quiet,
        metrics: (values) => metrics.set(path, { ...metrics.get(path), ...values }),
        read: async (ref) => fileURLToPath(ref.uri),
        async write<K extends ArtifactKind>(kind: K, write: (path: string) => Promise<void> | void, metadata = {}) {
          const target = join(folder, randomUUID());
          await write(target);
          return {
            artifact: kind,
            uri: pathToFileURL(target).href,
            ...(await describe(target)),
            metadata,
          } as ArtifactRef<K>;
        },
        checkpoint: async () => {},
        lastCheckpoint: undefined,
        secret: () => '',
      };
    },
    remove: () => rm(folder, { recursive: true, force: true }),
  };
}

async function describe(path: string): Promise<{ digest: string; size: number }> {
  const { size, isDirectory } = await stat(path).then((found) => ({
    size: found.size,
    isDirectory: found.isDirectory(),
  }));
  if (!isDirectory) return { digest: digestOfBytes(await readFile(path)), size };
  const files = (await readdir(path, { recursive: true, withFileTypes: true })).filter((entry) => entry.isFile());
  const manifest = await Promise.all(
    files.map(async (entry) => {
      const file = join(entry.parentPath, entry.name);
      const bytes = await readFile(file);
      const digest = `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
      return { path: relative(path, file), digest, size: bytes.length };
    }),
  );
  manifest.sort((left, right) => (left.path < right.path ? -1 : 1));
  return { digest: digestOfJson(manifest), size: manifest.reduce((sum, file) => sum + file.size, 0) };
}
