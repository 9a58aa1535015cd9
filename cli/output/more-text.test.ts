import { expect, it } from 'vitest';
import { moreText } from './more-text.ts';

it('goes on in the same list, with what chose it', () => {
  expect(moreText('millrace runs list', { schedule: 'nightly', backfill: undefined, partition: "a'b" }, 'c1')).toBe(
    "\nMore: millrace runs list --schedule nightly --partition 'a'\\''b' --cursor c1",
  );
  expect(moreText('millrace runs list', { schedule: 'nightly' }, null)).toBe('');
});
