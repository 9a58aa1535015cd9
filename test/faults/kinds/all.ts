import type { Fault } from '../fault.ts';
import { deliverTwice } from './deliver-twice.ts';
import { fillDisk, s3Errors, slowS3 } from './harm-storage.ts';
import { jumpClock } from './jump-clock.ts';
import { killInTransaction, killPostgres } from './kill-database.ts';
import { killApi, killEverything, killSupervisor, killTemporal } from './kill-part.ts';
import { killAfterOutput, killAnyTime, killBeforeReport, killBeforeStart, killMidway } from './kill-worker.ts';
import { stopHandler, stopPart, stopWorkerAfterOutput, stopWorkerMidway } from './stop-and-continue.ts';

export const FAULTS: readonly Fault[] = [
  ...[killBeforeStart, killMidway, killAfterOutput, killBeforeReport, killAnyTime],
  ...[killTemporal, killApi, killSupervisor, killEverything],
  ...[killPostgres, killInTransaction],
  ...[stopWorkerMidway, stopWorkerAfterOutput, stopHandler, stopPart],
  ...[fillDisk, s3Errors, slowS3, jumpClock, deliverTwice],
];
