import { interpreterSuite } from '../workflows/interpreter.suite.ts';
import { temporalDriver } from './support/temporal-driver.ts';

interpreterSuite('Temporal', () => temporalDriver());
interpreterSuite('Temporal, replayed at every step', () => temporalDriver({ cached: false }));
