import { describe, expect, it } from 'vitest';
import { compile, definePipeline, notify } from '../../dsl/index.ts';
import type { Notification } from '../../store/metadata/notification-table.ts';
import type { ServerContext } from '../server-context.ts';
import { checkMessages } from './check-messages.ts';

const { ir } = compile(
  definePipeline({ name: 'telling', onExit: ({ run }) => notify({ text: run.status }) }, ({ run }) => {
    notify({ text: 'hello', channel: 'on-call' }, { name: 'named' });
    notify({ text: 'hello', channel: run.pipeline }, { name: 'chosen' });
  }),
);
const rule = (name: string, of: Partial<Notification> = {}) => ({ name, events: ['message'], pipelines: null, ...of });

function check(...rules: readonly ReturnType<typeof rule>[]): Promise<readonly string[]> {
  const context = { project: 'default', metadata: { notifications: { list: async () => rules } } };
  return checkMessages(context as unknown as ServerContext, ir);
}

describe('the messages of a pipeline', () => {
  it('have notifications that tell them', async () => {
    expect(await check(rule('on-call'))).toEqual([]);
  });

  it('are refused where they name one that there is not, for each task', async () => {
    await expect(check(rule('team'))).rejects.toMatchObject({
      code: 'noSuchNotification',
      message: "Notify 'named' of telling: it names the notification 'on-call', which project default does not have.",
      next: expect.stringContaining('millrace notifications create on-call'),
      parts: [{ at: "'named'" }],
    });
  });

  it('are noticed where nobody is told of them', async () => {
    const notice = expect.stringContaining("What telling says in 'onExit/notify' is told to nobody");
    expect(await check(rule('on-call', { events: ['runFailed'] }))).toEqual([notice]);
    expect(await check(rule('on-call', { pipelines: ['other'] }))).toEqual([notice]);
  });
});
