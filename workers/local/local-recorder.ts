import { setTimeout as delay } from 'node:timers/promises';
import type { Transition } from '../../ir/protocol/transition.ts';
import type { MetadataStore } from '../../store/metadata/metadata-store.ts';

export interface LocalRecorder {
  record(transition: Transition): void;
  /** Resolves when all of it is in the store. */
  close(): Promise<void>;
}

/** Writes transitions beside the run: what came up during one write goes together in the next. */
export function startLocalRecorder(runId: string, metadata: MetadataStore): LocalRecorder {
  let waiting: Transition[] = [];
  let writing: Promise<void> = Promise.resolve();
  const flush = async () => {
    const batch = waiting;
    waiting = [];
    if (batch.length > 0) await insist(() => metadata.tasks.record(runId, batch));
  };
  const record = (transition: Transition) => {
    waiting.push(transition);
    if (waiting.length === 1) writing = writing.then(flush);
  };
  return { record, close: () => writing };
}

const PAUSES_MS = [100, 500, 2_000, 10_000];

/** A store that is busy or away for a moment must not cost a run its record. @throws what the last try threw. */
export async function insist<T>(write: () => Promise<T>): Promise<T> {
  for (const pause of PAUSES_MS) {
    try {
      return await write();
    } catch {
      await delay(pause);
    }
  }
  return write();
}
