import { expect, it } from 'vitest';
import { newestText } from './runs-again-handlers.ts';

it('says what else starts code that was given for one run', () => {
  expect(newestText('flights', 3)).toBe(
    'This code is version 3 of flights. Where it is the newest, schedules and triggers on latest start it from now on.',
  );
});
