import { defineConfig } from 'vitest/config';

const ROOMS = '{ir,platform,dsl,code,workflows,activities,data,inference,store,serving,workers,server,cli}';

export default defineConfig({
  test: {
    maxWorkers: 2,
    env: { ORT_DISABLE_TELEMETRY: '1' },
    coverage: {
      provider: 'custom',
      customProviderModule: 'scripts/sandbox-coverage.js',
      include: ['ir/**/*.ts', 'dsl/**/*.ts', 'workflows/**/*.ts'],
      exclude: [
        ...['**/*.test.ts', '**/*.suite.ts', '**/*.test-d.ts', '**/testing/**', '**/golden/**'],
        // Tested on whole systems alone (test/backfills, test/schedules), in processes that are not looked into.
        ...['workflows/temporal/backfill-{runs,workflow}.ts', 'workflows/temporal/scheduled-run-workflow.ts'],
      ],
      // The sandbox's bundle holds other packages too.
      excludeAfterRemap: true,
      thresholds: { 'ir/**': { lines: 95 }, 'dsl/**': { lines: 95 }, 'workflows/**': { lines: 95 } },
    },
    projects: [
      {
        extends: true,
        test: {
          name: 'rooms',
          include: [`${ROOMS}/**/*.test.ts`, 'examples/**/*.test.ts'],
          testTimeout: 30_000,
          hookTimeout: 60_000,
        },
      },
      {
        extends: true,
        test: {
          name: 'system',
          include: ['test/**/*.test.ts'],
          // Whole systems, each of several processes, which wait more than they work; after the rooms' tests.
          maxWorkers: 2,
          sequence: { groupOrder: 1 },
          globalSetup: ['test/support/temporal-server.ts'],
          testTimeout: 60_000,
          hookTimeout: 120_000,
        },
      },
    ],
  },
});
