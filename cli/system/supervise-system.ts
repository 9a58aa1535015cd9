import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { identify } from '../../platform/process-identity.ts';
import type { PartSpec } from './part-spec.ts';
import { BACKOFF, type Backoff, type PartEvent, SupervisedPart } from './supervised-part.ts';
import { type Part, removeSystemRecord, type SystemRecord, type SystemUrls, writeSystemRecord } from './system-file.ts';

export interface SystemPlan {
  readonly home: string;
  readonly project: string;
  readonly queues: string | null;
  /** For people: which Temporal it took. */
  readonly temporal: string;
  /** For people, without the password. Null for the home's own file. */
  readonly metadata: string | null;
  readonly urls: SystemUrls;
  /** They start together: one that needs another waits for it. They stop one by one, the last first. */
  readonly parts: readonly PartSpec[];
  readonly onEvent: (part: Part, event: PartEvent) => void;
  readonly backoff?: Backoff;
  /** Aborting it while the system starts ends what has been started. */
  readonly signal?: AbortSignal;
}

export interface SupervisedSystem {
  readonly urls: SystemUrls;
  stop(): Promise<void>;
}

/**
 * Starts the parts of a system and keeps them up. `system.json` names every process from the moment it exists, so that
 * whoever comes after a crash of the supervisor knows what to end.
 *
 * @throws Error of the part that could not start; the others have been stopped then.
 */
export async function superviseSystem(plan: SystemPlan): Promise<SupervisedSystem> {
  const journal = await openJournal(plan);
  const parts = plan.parts.map((spec) => supervised(plan, spec, journal));
  const stop = async (): Promise<void> => {
    // Whoever comes now finds none that is ready, in place of one that no longer answers.
    await journal.write({ readyAt: null }).catch(() => undefined);
    for (const part of parts.toReversed()) await part.stop();
    await journal.close();
  };
  try {
    await Promise.race([Promise.all(parts.map((part) => part.start())), aborted(plan.signal)]);
    await Promise.race([journal.write({ readyAt: Date.now() }), aborted(plan.signal)]);
  } catch (error) {
    await stop();
    throw error;
  }
  return { urls: plan.urls, stop };
}

export const STOPPED_WHILE_STARTING = 'Stopped while the system was starting.';

/** Rejects when the signal is aborted, and never settles otherwise. */
function aborted(signal: AbortSignal | undefined): Promise<never> {
  return new Promise((_, reject) => {
    const stop = (): void => reject(new Error(STOPPED_WHILE_STARTING));
    if (signal?.aborted === true) stop();
    signal?.addEventListener('abort', stop, { once: true });
  });
}

function supervised(plan: SystemPlan, spec: PartSpec, journal: Journal): SupervisedPart {
  const onEvent = (event: PartEvent): void => {
    if (event.kind === 'started') void journal.started(spec.part, event.pid);
    plan.onEvent(spec.part, event);
  };
  return new SupervisedPart(spec, join(plan.home, 'logs', `${spec.part}.log`), onEvent, plan.backoff ?? BACKOFF);
}

interface Journal {
  started(part: Part, pid: number): Promise<void>;
  write(change: Partial<SystemRecord>): Promise<void>;
  close(): Promise<void>;
}

/** Writes to `system.json` one after the other. */
async function openJournal(plan: SystemPlan): Promise<Journal> {
  let record: SystemRecord = {
    project: plan.project,
    queues: plan.queues,
    temporal: plan.temporal,
    metadata: plan.metadata,
    supervisor: await identify(process.pid),
    readyAt: null,
    urls: plan.urls,
    parts: {},
  };
  const closed = new AbortController();
  let last: Promise<void> = Promise.resolve();
  const write = (change: Partial<SystemRecord>): Promise<void> => {
    // A part may have been on its way still; the record of the next system may be there by now.
    if (closed.signal.aborted) return last;
    record = { ...record, ...change };
    const snapshot = record;
    // One that failed is told to who asked for it, and is nothing to those after it.
    last = last.catch(() => undefined).then(() => writeSystemRecord(plan.home, snapshot));
    return last;
  };
  await write({});
  return {
    write,
    started: async (part, pid) => {
      const identity = await identify(pid);
      const parts = { ...record.parts, [part]: identity };
      await write({ parts }).catch(() => again(() => write({}), closed.signal));
    },
    close: async () => {
      closed.abort();
      await last.catch(() => undefined);
      await removeSystemRecord(plan.home);
    },
  };
}

const AGAIN_MS = 1_000;

/**
 * Tries until it is done or nobody needs it any more. A part may be started while the disk is full; what the record does
 * not know, nobody ends after a crash of the supervisor.
 */
async function again(attempt: () => Promise<void>, over: AbortSignal): Promise<void> {
  for (;;) {
    await delay(AGAIN_MS, undefined, { signal: over }).catch(() => undefined);
    if (over.aborted) return;
    const isDone = await attempt().then(
      () => true,
      () => false,
    );
    if (isDone) return;
  }
}
