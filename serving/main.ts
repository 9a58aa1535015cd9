import { pino } from 'pino';
import { beSameEverywhere } from '../platform/same-everywhere.ts';
import { startFailure } from '../platform/start-failure.ts';
import { openStores, storeSettings } from '../store/open-stores.ts';
import { startServing } from './serving-process.ts';
import { servingSettings } from './serving-settings.ts';

/*
 * The serving process. It says `{ kind: 'ready', url }` over IPC once it listens, and drains and ends on SIGTERM or
 * when its parent is gone.
 */
const log = pino({ name: 'serving' });

async function main(): Promise<void> {
  beSameEverywhere();
  const where = storeSettings(process.env);
  const settings = servingSettings(process.env, where);
  const serving = await startServing(settings, () => openStores(where, 'serving'), log);
  let ending = false;
  const end = async (why: string): Promise<void> => {
    if (ending) return;
    ending = true;
    log.info({ why }, 'draining');
    await serving.drain();
    process.exit(0);
  };
  process.on('SIGTERM', () => void end('SIGTERM'));
  // A terminal's Ctrl-C reaches the whole group; the supervisor decides when its children end.
  process.on('SIGINT', () => (process.connected ? undefined : void end('SIGINT')));
  process.on('disconnect', () => void end('the parent is gone'));
  if (settings.isOpen) {
    log.warn({ host: settings.host }, 'MILLRACE_SERVING_INSECURE: whoever reaches this address can ask every model');
  }
  log.info({ url: serving.url, project: settings.project }, 'listening');
  process.send?.({ kind: 'ready', url: serving.url });
}

main().catch((error: unknown) => {
  const message = startFailure(error, '`millrace up --serving-port PORT`, or MILLRACE_SERVING_PORT');
  log.fatal({ err: error }, `the serving process could not start: ${message}`);
  process.send?.({ kind: 'failed', message });
  process.exitCode = 1;
  process.disconnect?.();
});
