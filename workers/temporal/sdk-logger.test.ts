import { expect, it } from 'vitest';
import { sdkLogger } from './sdk-logger.ts';

it('tells a failed activity in a line, and leaves out what goes as planned', () => {
  const lines: string[] = [];
  const logger = sdkLogger((line) => lines.push(line));
  logger.warn('No workflows registered, not polling for workflow tasks', { taskQueue: 'cpu' });
  logger.warn('Activity failed', {
    taskToken: 'x'.repeat(500),
    activityType: 'runTask',
    error: new Error('no rows\nat x'),
  });
  expect(lines).toEqual([expect.stringMatching(/^\S+ WARN Activity failed \(runTask\): no rows\n$/)]);
});
