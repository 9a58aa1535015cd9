import { afterEach, beforeEach, describe } from 'vitest';
import { backfillTableSuite } from './backfill-table.suite.ts';
import { cacheTableSuite } from './cache-table.suite.ts';
import { condemnedTableSuite } from './condemned-table.suite.ts';
import { endpointTableSuite } from './endpoint-table.suite.ts';
import { eventTableSuite } from './event-table.suite.ts';
import { gangTableSuite } from './gang-table.suite.ts';
import type { MetadataStore } from './metadata-store.ts';
import { notificationTableSuite } from './notification-table.suite.ts';
import { pipelineTableSuite } from './pipeline-table.suite.ts';
import { poolTableSuite } from './pool-table.suite.ts';
import { projectsSuite } from './projects.suite.ts';
import { registryTableSuite } from './registry-table.suite.ts';
import { retentionTableSuite } from './retention-table.suite.ts';
import { runTableSuite } from './run-table.suite.ts';
import { scheduleTableSuite } from './schedule-table.suite.ts';
import { secretTableSuite } from './secret-table.suite.ts';
import { taskAttemptsSuite } from './task-attempts.suite.ts';
import { taskListingSuite } from './task-listing.suite.ts';
import { taskTableSuite } from './task-table.suite.ts';
import { triggerTableSuite } from './trigger-table.suite.ts';
import { workerTableSuite } from './worker-table.suite.ts';

/** An empty database, for one test. */
export interface MetadataDatabase {
  /** May be called several times: the stores share the database. */
  open(project: string): Promise<MetadataStore>;
  remove(): Promise<void>;
}

/** What a test of a table is given: a store of project `default` on an empty database. */
export interface SuiteContext {
  readonly store: MetadataStore;
  /** Another store on the same database. */
  open(project: string): Promise<MetadataStore>;
}

/** What every driver of the metadata port must do. */
export function metadataStoreSuite(driver: string, create: () => Promise<MetadataDatabase>): void {
  describe(`metadata store on ${driver}`, () => {
    let database: MetadataDatabase;
    let opened: MetadataStore[];
    let store: MetadataStore;
    const open = async (project: string) => {
      const another = await database.open(project);
      opened.push(another);
      return another;
    };

    beforeEach(async () => {
      opened = [];
      database = await create();
      store = await open('default');
    });
    afterEach(async () => {
      await Promise.all(opened.map((each) => each.close()));
      await database.remove();
    });

    const context = (): SuiteContext => ({ store, open });
    pipelineTableSuite(context);
    runTableSuite(context);
    taskTableSuite(context);
    taskListingSuite(context);
    taskAttemptsSuite(context);
    cacheTableSuite(context);
    registryTableSuite(context);
    endpointTableSuite(context);
    workerTableSuite(context);
    scheduleTableSuite(context);
    condemnedTableSuite(context);
    retentionTableSuite(context);
    backfillTableSuite(context);
    poolTableSuite(context);
    secretTableSuite(context);
    notificationTableSuite(context);
    eventTableSuite(context);
    gangTableSuite(context);
    triggerTableSuite(context);
    projectsSuite(context);
  });
}
