import { expect, it } from 'vitest';
import { sampleRun } from '../testing/sample-run.suite.ts';
import { changedLines } from './plain-lines.ts';
import { pauseText, statusText } from './run-status.ts';

const pause = { by: 'ada', at: Date.UTC(2026, 2, 4, 10, 15), note: 'the disk is full' };
const going = sampleRun([]);
const held = sampleRun([], [], { pause });

it('says that a run is paused, by whom, since when and why', () => {
  expect([statusText(going.run), pauseText(going.run)]).toEqual(['running', null]);
  expect(statusText(held.run)).toBe('paused');
  expect(pauseText(held.run)).toBe('paused by ada since 2026-03-04 10:15:00 (UTC): the disk is full');
  expect(pauseText({ ...held.run, pause: { ...pause, note: null } })).toBe(
    'paused by ada since 2026-03-04 10:15:00 (UTC)',
  );
});

it('tells who watches a run, once for each change', () => {
  expect(changedLines(going, held)).toEqual([`${pauseText(held.run)}; go on with: millrace runs unpause r1`]);
  expect(changedLines(held, held)).toEqual([]);
  expect(changedLines(held, going)).toEqual(['the run goes on']);
});
