import { expect, it } from 'vitest';
import { type ApiClient, ApiUnreachable } from '../../server/client.ts';
import { sampleRun } from '../testing/sample-run.suite.ts';
import { patientClient } from './no-system.ts';

const never = new AbortController().signal;
const away: ApiClient['run'] = () => Promise.reject(new ApiUnreachable('The API does not answer.'));

it('waits for an API that is started again', async () => {
  let calls = 0;
  const run: ApiClient['run'] = async (id, signal) => (++calls < 3 ? away(id, signal) : sampleRun([]));
  expect((await patientClient({ run }, never).run('r1')).run.id).toBe('r1');
});

it('gives up an API that does not come back, and one that takes a request and never answers', async () => {
  const silent: ApiClient['run'] = (_, signal) =>
    new Promise((_resolve, reject) => {
      signal?.addEventListener('abort', () => reject(new ApiUnreachable('The API does not answer.')));
    });
  for (const run of [away, silent]) {
    await expect(patientClient({ run }, never, 300).run('r1')).rejects.toMatchObject({
      exitCode: 3,
      message: 'No system is up: run r1 goes on when `millrace up` is started.',
    });
  }
});

it('waits no longer than it is wanted', async () => {
  const stopped = new AbortController();
  setTimeout(() => stopped.abort(), 50);
  await expect(patientClient({ run: away }, stopped.signal).run('r1')).rejects.toMatchObject({ exitCode: 3 });
});

it('passes on what the API refuses', async () => {
  const run = () => Promise.reject(new Error('no such run'));
  await expect(patientClient({ run }, never).run('r1')).rejects.toThrow('no such run');
});
