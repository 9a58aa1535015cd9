import { handlers } from '../../dsl/testing/arbitrary-pipeline.ts';
import type { TestHandler } from '../../workflows/interpreter-driver.suite.ts';

/** A failure of these steps is a function of their input: another attempt would only cost time. */
export const pureHandlers: Readonly<Record<string, TestHandler>> = Object.fromEntries(
  Object.entries(handlers).map(([step, handler]): [string, TestHandler] => [
    step,
    (input, call) => {
      try {
        return (handler as TestHandler)(input, call);
      } catch (error) {
        throw Object.assign(error as Error, { name: 'Final' });
      }
    },
  ]),
);
