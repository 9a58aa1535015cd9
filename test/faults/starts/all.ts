import { join } from 'node:path';
import { millrace } from '../../support/command-line.ts';
import type { Stage } from '../stage.ts';
import { byBackfill } from './by-backfill.ts';
import { bySchedule } from './by-schedule.ts';
import { byTrigger, createTrigger } from './by-trigger.ts';
import type { Start } from './start.ts';

/** They end in this order: a trigger fires for what a schedule has begun. */
export const STARTS: readonly Start[] = [bySchedule, byTrigger, byBackfill];

const fileOf = (pipeline: string) => join(import.meta.dirname, `${pipeline}.suite.ts`);

/** Makes the pipelines known, by a run of each, and the trigger. */
export async function knowPipelines(stage: Stage): Promise<void> {
  const { folder } = stage;
  await stage.system().submit(fileOf('ticked'), { folder });
  await stage.system().submit(fileOf('echoed'), { folder, run: 'none' });
  await createTrigger(stage);
  const place = ['--partition', '2001-01-01', '--detach', '--home', stage.system().home];
  const { code, err } = await millrace('run', fileOf('filled'), `folder=${folder}`, ...place);
  if (code !== 0) throw new Error(`millrace run ended with ${code}: ${err}`);
}
