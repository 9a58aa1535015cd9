import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { campaign, type Report } from './faults/campaign.ts';
import { type Drivers, missingFor } from './faults/drivers.ts';
import { processesOf } from './faults/invariants/no-orphans.ts';
import { buildStage, removeStage, type Stage } from './faults/stage.ts';
import { until } from './support/until.ts';

/** For so many faults, and the seed of which they come, from the first again. */
const FAULTS = Number(process.env.MILLRACE_TEST_FAULTS ?? 20);
const SEED = Number(process.env.MILLRACE_TEST_SEED ?? 1);
/** In so many each kind has had its turn several times. */
const LONG = 100;
const ALL: readonly Drivers[] = ['sqlite', 'postgres+s3'];
const { MILLRACE_TEST_DRIVERS: asked } = process.env;

for (const drivers of ALL.filter((name) => asked === undefined || asked === name)) {
  const missing = await missingFor(drivers);
  describe.skipIf(missing !== null)(
    `runs that faults fall upon, on ${drivers}${missing ? ` (${missing})` : ''}`,
    () => {
      let stage: Stage;
      let report: Report;
      beforeAll(async () => {
        stage = await buildStage(drivers);
      }, 120_000);
      // What went wrong can be looked at.
      afterAll(() => (report?.violations.length === 0 ? removeStage(stage) : undefined));

      it(
        `keep all that is promised through ${FAULTS} faults`,
        async () => {
          try {
            report = await campaign(stage, { seed: SEED, faults: FAULTS });
          } finally {
            await stage.stop();
          }
          const { struck, inParts, missing, runs, violations } = report;
          const counted = `${struck.length} faults, ${inParts} amid parts, ${runs} runs, ${violations.length} violations`;
          const never = missing.length === 0 ? '' : `; never struck: ${missing.join('; ')}`;
          console.log(`${drivers}, seed ${SEED}: ${counted}${never}`);
          expect(violations, `seed ${SEED}, ${stage.folder}/faults.log`).toEqual([]);
          expect(struck.length).toBeGreaterThanOrEqual(FAULTS);
          if (FAULTS >= LONG) expect(missing, 'kinds that have struck nothing').toEqual([]);
        },
        (FAULTS * 60 + 600) * 1_000,
      );

      it('leave no process behind', async () => {
        await until('all processes are gone', async () => (await processesOf(stage.folder)).length === 0, 30_000).catch(
          async () => expect(await processesOf(stage.folder)).toEqual([]),
        );
      });
    },
  );
}
