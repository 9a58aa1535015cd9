import { expect, it } from 'vitest';
import { movedPorts } from './moved-ports.ts';
import { refuseOtherSettings } from './other-settings.ts';
import type { SystemRecord } from './system-file.ts';

const place = { home: '/home/ada', project: 'default' };
const urls = { api: 'http://127.0.0.1:7420', serving: 'http://127.0.0.1:40001', temporal: '127.0.0.1:7433' };
const running: SystemRecord = {
  project: 'default',
  queues: null,
  supervisor: { pid: 1, startedAt: null },
  readyAt: 1,
  urls,
  parts: {},
};

it('takes a system that is up for one that is asked for, where nothing differs', () => {
  for (const options of [{}, { port: '7420' }, { port: '0' }, { queues: 'serving, gpu,cpu,millrace' }]) {
    expect(() => refuseOtherSettings(place, options, running)).not.toThrow();
  }
  const { queues: _, ...old } = running;
  expect(() => refuseOtherSettings(place, { queues: 'cpu' }, old)).not.toThrow();
});

it('names everything in which it differs', () => {
  const act = () =>
    refuseOtherSettings({ ...place, project: 'other' }, { port: '7999', servingPort: '1', queues: 'cpu' }, running);
  expect(act).toThrow(
    'A system of /home/ada is up already, and it serves the project default, not other; the API listens on 7420, not on ' +
      '7999; serving listens on 40001, not on 1; it works on the queues millrace,cpu,gpu,serving, not on cpu.',
  );
});

it('says which parts had to listen elsewhere', () => {
  expect(movedPorts(urls, {})).toEqual(['Port 7430 is taken by another process: serving listens on 40001.']);
  expect(movedPorts(urls, { servingPort: '40001' })).toEqual([]);
});
