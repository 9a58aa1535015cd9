import { randomUUID } from 'node:crypto';
import { cp, rename } from 'node:fs/promises';
import { join } from 'node:path';
import type { TaskContext } from '../dsl/task-context.ts';
import type { ArtifactRef } from '../ir/artifact.ts';
import type { TableMetadata } from './dataset-metadata.ts';

/** Stores a table whose metadata is known only once it is written: `write` is given a path where nothing is yet. */
export async function writeTable<K extends 'dataset' | 'predictions', T extends TableMetadata>(
  task: TaskContext,
  kind: K,
  write: (path: string) => Promise<T>,
): Promise<{ readonly table: ArtifactRef<K>; readonly written: T }> {
  const target = join(task.scratch, randomUUID());
  const written = await write(target);
  const { rows, columns } = written;
  const table = await task.write(kind, (path) => move(target, path), { rows, columns });
  return { table, written };
}

/** A rename where both lie on one file system, a copy where they do not. */
async function move(source: string, target: string): Promise<void> {
  await rename(source, target).catch(() => cp(source, target, { recursive: true }));
}
