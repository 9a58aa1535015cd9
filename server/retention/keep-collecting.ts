import type { ServerContext } from '../server-context.ts';
import { collect, GRACE_MS } from './collect.ts';
import type { RetentionPolicy } from './read-policy.ts';

const EVERY_MS = 60 * 60 * 1_000;

/** Collects now and an hour after each collection, without keeping the process alive. @returns what stops it */
export function keepCollecting(context: ServerContext, policy: RetentionPolicy | null): () => void {
  if (policy === null) return () => {};
  let timer: NodeJS.Timeout | null = null;
  let isStopped = false;
  const pass = async (): Promise<void> => {
    await passed(context, policy, () => isStopped);
    if (!isStopped) timer = setTimeout(() => void pass(), EVERY_MS).unref();
  };
  void pass();
  return () => {
    isStopped = true;
    if (timer !== null) clearTimeout(timer);
  };
}

async function passed(context: ServerContext, policy: RetentionPolicy, isStopped: () => boolean): Promise<void> {
  try {
    const { runs, logs, results, events, content, payloadsLeft } = await collect(context, {
      ...{ policy, pipeline: null, graceMs: GRACE_MS, dryRun: false },
    });
    context.log.info(
      { runs: runs.length, logs, results, events, content, payloadsLeft },
      'collected what retention lets go',
    );
  } catch (error) {
    // Stores that close under it are no failure.
    if (!isStopped()) context.log.error({ err: error }, 'retention could not be applied; it is tried again in an hour');
  }
}
