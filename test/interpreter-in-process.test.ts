import { interpreterSuite } from '../workflows/interpreter.suite.ts';
import { inProcessDriver } from './support/in-process-driver.ts';

interpreterSuite('the in-process driver', () => inProcessDriver());
interpreterSuite('the in-process driver, in parts', () => inProcessDriver({ inParts: true }));
