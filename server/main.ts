import { createServer } from 'node:http';
import { userInfo } from 'node:os';
import { pino } from 'pino';
import { listen } from '../platform/loopback.ts';
import { packageVersion } from '../platform/package-version.ts';
import { startFailure } from '../platform/start-failure.ts';
import { openStores, storeSettings } from '../store/open-stores.ts';
import { createApp } from './app.ts';
import { keepNotifying } from './notifications/keep-notifying.ts';
import { keepCollecting } from './retention/keep-collecting.ts';
import { keepReconciling } from './runs/reconcile-runs.ts';
import { keepSchedules } from './schedules/reconcile-schedules.ts';
import { type ServerSettings, serverSettings } from './server-settings.ts';
import { connectTemporal } from './temporal/connect-temporal.ts';
import { keepTriggers } from './triggers/keep-triggers.ts';

/*
 * The API's process. It takes its settings from the environment, says `{ kind: 'ready', url }` over IPC once it
 * listens, and ends on SIGTERM or when its parent is gone.
 */
const log = pino({ name: 'api' });

async function main(settings: ServerSettings): Promise<void> {
  const stores = await openStores(storeSettings(process.env), 'api');
  const temporal = settings.temporal === null ? null : connectTemporal(settings.temporal, stores.payloads);
  const context = { ...stores, project: settings.project, temporal, user: userInfo().username, log, now: Date.now };
  const server = createServer(createApp(context, packageVersion(), settings.token));
  const url = await listen(server, settings.host, settings.port);

  const stopReconciling = keepReconciling(context);
  const stopSchedules = keepSchedules(context);
  const stopTriggers = keepTriggers(context);
  const stopCollecting = keepCollecting(context, settings.retention);
  const stopNotifying = keepNotifying(context);

  let closing = false;
  const close = async (): Promise<void> => {
    if (closing) return;
    closing = true;
    stopReconciling();
    stopSchedules();
    stopTriggers();
    stopCollecting();
    stopNotifying();
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
    await temporal?.close();
    await stores.close();
    process.exit(0);
  };
  process.on('SIGTERM', () => void close());
  // A terminal's Ctrl-C reaches the whole group; the supervisor decides when its children end.
  process.on('SIGINT', () => (process.connected ? undefined : void close()));
  process.on('disconnect', () => void close());
  log.info({ url, project: settings.project }, 'listening');
  process.send?.({ kind: 'ready', url });
}

try {
  await main(serverSettings(process.env));
} catch (error) {
  const message = startFailure(error, '`millrace up --port PORT`, or MILLRACE_API_PORT');
  log.fatal({ err: error }, `the API could not start: ${message}`);
  process.send?.({ kind: 'failed', message });
  process.exitCode = 1;
  process.disconnect?.();
}
