import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openStores, type Stores } from '../../store/open-stores.ts';
import type { CompiledPipelines } from '../compiled-pipelines.ts';
import type { TaskHost } from '../host/task-host.ts';
import { answerRequests } from './answer-requests.ts';

const unused = () => Promise.reject(new Error('A message needs none.'));
const compiled: CompiledPipelines = { get: unused, package: unused };
const host: TaskHost = { run: unused, close: async () => true };

describe('a message', () => {
  let home = '';
  let stores: Stores;
  beforeAll(async () => {
    home = await mkdtemp(join(tmpdir(), 'millrace-messages-'));
    stores = await openStores({ home, project: 'default' });
  });
  afterAll(async () => {
    await stores.close();
    await rm(home, { recursive: true, force: true });
  });

  const ask = async (path: string, channel: string | null) => {
    const task = { project: 'default', runId: 'r', pipeline: 'p', path };
    const [answer] = await answerRequests([{ kind: 'notify', task, text: 'hello', channel }], stores, compiled, host);
    return answer;
  };
  const written = async () =>
    (await stores.metadata.events.after(0, 100)).flatMap((event) =>
      event.kind === 'messageWritten' ? [[event.run, event.task, event.text, event.channel]] : [],
    );

  it('is kept once for each task of a run, however often it is delivered', async () => {
    expect([await ask('a', null), await ask('a', null), await ask('b[1]/c', null)]).toEqual(
      Array.from({ length: 3 }, () => ({ kind: 'notified' })),
    );
    expect(await written()).toEqual([
      ['r', 'a', 'hello', null],
      ['r', 'b[1]/c', 'hello', null],
    ]);
  });

  it('is refused where it names a notification that there is not', async () => {
    const before = await written();
    expect(await ask('named', 'on-call')).toMatchObject({
      kind: 'failed',
      failure: { name: 'NoSuchNotification', retryable: false, message: expect.stringContaining("'on-call'") },
    });
    expect(await written()).toEqual(before);
    const channel = { kind: 'slack', url: { kind: 'secret', secret: 'slack-url' } } as const;
    await stores.metadata.notifications.create({
      ...{ name: 'on-call', channel, events: ['runFailed'], pipelines: null, createdBy: 'ada' },
    });
    expect(await ask('named', 'on-call')).toEqual({ kind: 'notified' });
  });
});
