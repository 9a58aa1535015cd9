import type { MetadataStore } from '../metadata-store.ts';
import { sqlBackfillTable } from './sql-backfill-table.ts';
import { sqlCacheTable } from './sql-cache-table.ts';
import { SCHEDULES, sqlChangeLog } from './sql-change-log.ts';
import { sqlCondemnedTable } from './sql-condemned-table.ts';
import { sqlEndpointTable } from './sql-endpoint-table.ts';
import { sqlEventTable } from './sql-event-table.ts';
import { sqlGangTable } from './sql-gang-table.ts';
import { sqlNotificationTable } from './sql-notification-table.ts';
import { sqlPipelineTable } from './sql-pipeline-table.ts';
import { sqlPoolTable } from './sql-pool-table.ts';
import { sqlRegistryTable } from './sql-registry-table.ts';
import { sqlRetentionTable } from './sql-retention-table.ts';
import { sqlRunTable } from './sql-run-table.ts';
import { sqlSecretTable } from './sql-secret-table.ts';
import type { SqlSession } from './sql-session.ts';
import { sqlTaskTable } from './sql-task-table.ts';
import { sqlTriggerTable } from './sql-trigger-table.ts';
import { sqlWorkerTable } from './sql-worker-table.ts';

export function sqlMetadataStore(session: SqlSession, close: () => Promise<void>): MetadataStore {
  return {
    project: session.project,
    pipelines: sqlPipelineTable(session),
    runs: sqlRunTable(session),
    tasks: sqlTaskTable(session),
    cache: sqlCacheTable(session),
    registry: sqlRegistryTable(session),
    endpoints: sqlEndpointTable(session),
    workers: sqlWorkerTable(session),
    schedules: sqlChangeLog(session, SCHEDULES),
    condemned: sqlCondemnedTable(session),
    retention: sqlRetentionTable(session),
    backfills: sqlBackfillTable(session),
    pools: sqlPoolTable(session),
    secrets: sqlSecretTable(session),
    notifications: sqlNotificationTable(session),
    events: sqlEventTable(session),
    gangs: sqlGangTable(session),
    triggers: sqlTriggerTable(session),
    close,
  };
}
