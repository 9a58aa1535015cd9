import { pino } from 'pino';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Channel } from '../../store/metadata/notification-table.ts';
import { newRun } from '../../store/metadata/run-table.suite.ts';
import type { ServerContext } from '../server-context.ts';
import { type MailServer, type Receiver, startMailServer, startReceiver } from '../testing/receiver.suite.ts';
import { startTestServer, type TestServer } from '../testing/test-server.suite.ts';
import { notifyOnce } from './keep-notifying.ts';

describe('notifications', () => {
  let server: TestServer;
  let open: (Receiver | MailServer)[];
  let now: number;
  beforeEach(async () => {
    [open, now] = [[], Date.now()];
    server = await startTestServer();
  });
  afterEach(async () => {
    await Promise.all(open.map((each) => each.close()));
    await server.close();
  });

  async function opened<T extends Receiver | MailServer>(starting: Promise<T>): Promise<T> {
    const started = await starting;
    open.push(started);
    return started;
  }
  const context = (): ServerContext => ({
    ...server.stores,
    ...{ project: 'default', temporal: null, user: 'ada', log: pino({ level: 'silent' }), now: () => now },
  });
  /** One pass of one server, and the end of what it began. */
  async function pass(): Promise<void> {
    const underWay = new Map<string, number>();
    await notifyOnce(context(), underWay, new AbortController().signal);
    await vi.waitFor(() => expect([...underWay.values()].every((count) => count === 0)).toBe(true), 15_000);
  }
  const notify = (name: string, channel: Channel) =>
    server.client.createNotification({ name, channel, events: ['runFailed'], pipelines: null });
  const webhook = (url: string): Channel => ({ kind: 'webhook', url: { kind: 'text', text: url }, signWith: null });
  async function failRun(id: string): Promise<void> {
    await server.stores.metadata.runs.create(newRun(id));
    await server.stores.metadata.runs.end(id, {
      status: 'failed',
      output: null,
      error: 'train: no rows',
      at: Date.now(),
    });
    now = Math.max(now, Date.now());
  }
  const told = async (name: string) => (await server.client.deliveries(name)).items;

  it('reach a webhook once, signed, with an id', async () => {
    const receiver = await opened(startReceiver());
    await server.client.setSecret('hook-key', 'whsec_a2V5');
    await notify('hook', { ...webhook(receiver.url), signWith: 'hook-key' } as Channel);
    await failRun('r1');
    await pass();
    await pass();
    expect(receiver.received).toHaveLength(1);
    const [{ headers, body } = { headers: {}, body: '{}' }] = receiver.received;
    const message = JSON.parse(body);
    expect(message).toMatchObject({ event: 'runFailed', run: 'r1', detail: 'train: no rows', project: 'default' });
    expect(headers).toMatchObject({
      'webhook-id': message.id,
      'webhook-signature': expect.stringMatching(/^v1,/),
      'webhook-timestamp': expect.stringMatching(/^\d+$/),
    });
    expect(await told('hook')).toMatchObject([{ id: message.id, status: 'delivered', attempts: 1 }]);
  });

  it('tell what a task says: all that tell of messages, or the one that it names', async () => {
    const receiver = await opened(startReceiver());
    const rule = (name: string, pipelines: string[] | null, events: ('message' | 'runFailed')[]) =>
      server.client.createNotification({ name, channel: webhook(receiver.url), events, pipelines });
    await rule('all', null, ['message', 'runFailed']);
    await rule('others', ['other'], ['message']);
    await rule('failures', ['other'], ['runFailed']);
    const say = (task: string, channel: string | null) =>
      server.stores.metadata.events.append(
        `messageWritten:r1:${task}`,
        { kind: 'messageWritten', run: 'r1', pipeline: 'flights', task, text: `AUC ${'1'.repeat(3_000)}`, channel },
        now,
      );
    await say('open', null);
    await say('named', 'failures');
    await say('gone', 'deleted');
    await pass();
    const bodies = receiver.received.map(({ body }) => JSON.parse(body));
    expect(bodies.map(({ notification, task }) => `${notification} ${task}`).sort()).toEqual([
      'all open',
      'failures named',
    ]);
    expect(bodies[0]).toMatchObject({
      ...{ event: 'message', title: 'Message of run r1 of flights', next: 'millrace runs get r1' },
      detail: `AUC ${'1'.repeat(1_995)}…`,
    });
  });

  it('tell of what was since they were made, though no server had looked and clocks differ', async () => {
    const receiver = await opened(startReceiver());
    const { runs } = server.stores.metadata;
    await runs.create(newRun('before'), { error: 'no pipeline', at: Date.now() + 60_000 });
    await notify('hook', webhook(receiver.url));
    await runs.create(newRun('since'), { error: 'no pipeline', at: Date.now() - 60_000 });
    await pass();
    expect(receiver.received.map(({ body }) => JSON.parse(body).run)).toEqual(['since']);
  });

  it('say what they name and there is not', async () => {
    const channel: Channel = { kind: 'webhook', url: { kind: 'secret', secret: 'address' }, signWith: 'hook-key' };
    await server.client.setSecret('hook-key', 'key');
    const made = { name: 'hook', channel, events: ['runFailed' as const], pipelines: ['flights'] };
    expect((await server.client.createNotification(made)).notices).toEqual([
      'Project default has no pipeline flights yet: hook tells nothing of it before.',
      expect.stringContaining("The API has no secret 'address', and hook does not come through without it: set"),
    ]);
  });

  it('come once from two servers that look at the same time', async () => {
    const receiver = await opened(startReceiver());
    await notify('hook', webhook(receiver.url));
    for (const id of ['r1', 'r2', 'r3']) await failRun(id);
    await Promise.all([pass(), pass(), pass()]);
    await pass();
    await pass();
    expect(receiver.received.map(({ body }) => JSON.parse(body).run).sort()).toEqual(['r1', 'r2', 'r3']);
  });

  it('are tried again with the same id, later each time, and tell why not', async () => {
    let status = 503;
    const receiver = await opened(
      startReceiver((_request, response) => {
        response.statusCode = status;
        response.end('x'.repeat(10_000));
      }),
    );
    await notify('hook', webhook(receiver.url));
    await failRun('r1');
    await pass();
    expect(await told('hook')).toMatchObject([{ status: 'pending', attempts: 1, lastError: 'It answered 503.' }]);
    now += 4_000;
    await pass();
    expect(receiver.received).toHaveLength(1);
    now += 1_000;
    status = 200;
    await pass();
    expect(await told('hook')).toMatchObject([{ status: 'delivered', attempts: 2, lastError: null }]);
    expect(new Set(receiver.received.map(({ headers }) => headers['webhook-id'])).size).toBe(1);
  });

  it('follow no redirect, and give up in the end', async () => {
    const inner = await opened(startReceiver());
    const receiver = await opened(
      startReceiver((_request, response) => void response.writeHead(307, { location: inner.url }).end()),
    );
    await notify('hook', webhook(receiver.url));
    await failRun('r1');
    for (let tries = 0; tries < 21; tries += 1) {
      await pass();
      now += 3_600_000;
    }
    expect([receiver.received.length, inner.received.length]).toEqual([20, 0]);
    expect(await told('hook')).toMatchObject([
      { status: 'failed', attempts: 20, lastError: 'It answered 307, a redirect, which is not followed.' },
    ]);
  });

  it('go on to others while a target hangs', async () => {
    const hanging = await opened(startReceiver(() => undefined));
    const receiver = await opened(startReceiver());
    await notify('a-hanging', webhook(hanging.url));
    await notify('b-good', webhook(receiver.url));
    for (const id of ['r1', 'r2', 'r3', 'r4']) await failRun(id);
    const [underWay, stop] = [new Map<string, number>(), new AbortController()];
    await vi.waitFor(async () => {
      await notifyOnce(context(), underWay, stop.signal);
      expect(receiver.received).toHaveLength(4);
    }, 9_000);
    expect(hanging.received).toHaveLength(2);
    stop.abort();
    await vi.waitFor(() => expect(underWay.get('a-hanging')).toBe(0));
    // What was given up is free when its lease ends.
    expect((await told('a-hanging')).map(({ status }) => status)).toEqual(['pending', 'pending', 'pending', 'pending']);
  });

  it('reach Slack at an address that is a secret, which nothing tells', async () => {
    const receiver = await opened(startReceiver((_request, response) => void response.writeHead(404).end()));
    await notify('slack', { kind: 'slack', url: { kind: 'secret', secret: 'slack-url' } });
    expect((await server.client.testNotification('slack')).error).toContain(
      "has no secret 'slack-url': set the environment variable MILLRACE_SECRET_SLACK_URL",
    );
    await server.client.setSecret('slack-url', `${receiver.url}/services/canary`);
    await failRun('r1');
    await pass();
    expect(receiver.received).toMatchObject([{ path: '/services/canary' }]);
    expect(JSON.parse(receiver.received[0]?.body ?? '{}').text).toContain('*Run r1 of flights failed*\ntrain: no rows');
    expect(JSON.stringify([await told('slack'), await server.client.notifications()])).not.toContain('canary');
    await server.client.setSecret('slack-url', 'ftp://canary');
    expect((await server.client.testNotification('slack')).error).toBe('Its address is no http or https URL.');
  });

  const mail = (port: number, changes: Partial<Extract<Channel, { kind: 'email' }>> = {}): Channel => ({
    ...{ kind: 'email', host: '127.0.0.1', port, tls: 'none', user: null, password: null },
    ...{ from: 'millrace@example.org', to: ['ada@example.org', 'eve@example.org'] },
    ...changes,
  });

  it('reach mailboxes, with an id that tells what came twice', async () => {
    const mails = await opened(startMailServer());
    await notify('mail', mail(mails.port));
    await failRun('r1');
    await pass();
    expect(mails.mails).toMatchObject([{ from: 'millrace@example.org', to: ['ada@example.org', 'eve@example.org'] }]);
    const [{ id } = { id: '' }] = await told('mail');
    expect(mails.mails[0]?.text).toContain(`Message-ID: <${id}@example.org>`);
    expect(mails.mails[0]?.text).toContain('Subject: [Millrace] Run r1 of flights failed');
    expect(mails.mails[0]?.text).toContain('millrace runs get r1');
  });

  it('reach the mailboxes that there are, once, though one is unknown', async () => {
    const mails = await opened(startMailServer({ unknown: 'eve@example.org' }));
    await notify('mail', mail(mails.port));
    await failRun('r1');
    await pass();
    now += 3_600_000;
    await pass();
    expect(mails.mails.map(({ to }) => to)).toEqual([['ada@example.org']]);
    const lastError = 'It was not taken for eve@example.org.';
    expect(await told('mail')).toMatchObject([{ status: 'delivered', attempts: 1, lastError }]);
    expect((await server.client.testNotification('mail')).error).toBe(lastError);
  });

  it('send no password where TLS cannot be had, or its certificate is of nobody known', async () => {
    await server.client.setSecret('smtp', 'canary-pass');
    const account = { tls: 'starttls', user: 'ada', password: 'smtp' } as const;
    for (const hasTls of [false, true]) {
      const mails = await opened(startMailServer({ hasTls, password: 'canary-pass' }));
      const name = hasTls ? 'with' : 'without';
      await notify(name, mail(mails.port, account));
      const { error } = await server.client.testNotification(name);
      expect(error).toMatch(hasTls ? /certificate/ : /STARTTLS|TLS/i);
      expect(error).not.toContain('canary');
      expect(mails.mails).toEqual([]);
    }
  });

  it.each<[string, Partial<Extract<Channel, { kind: 'email' }>>]>([
    ['a header in an address', { to: ['ada@example.org\r\nBcc: eve@example.org'] }],
    ['two addresses in one', { from: 'a@example.org, b@example.org' }],
    ['a password without TLS', { user: 'ada', password: 'smtp' }],
    ['a user without a password', { tls: 'tls', user: 'ada' }],
    ['a host with a line break', { host: 'a\r\nb' }],
  ])('refuse %s', async (_, changes) => {
    await expect(notify('mail', mail(25, changes))).rejects.toMatchObject({ code: 'invalidRequest' });
  });

  it.each(['file:///etc/passwd', 'https://ada:pass@example.org', 'example.org'])(
    'refuse the address %s',
    async (url) => {
      await expect(notify('hook', webhook(url))).rejects.toMatchObject({ code: 'invalidRequest' });
    },
  );

  it('stop when they are deleted', async () => {
    const receiver = await opened(startReceiver((_request, response) => void response.writeHead(500).end()));
    await notify('hook', webhook(receiver.url));
    await failRun('r1');
    await pass();
    await server.client.deleteNotification('hook');
    now += 3_600_000;
    await pass();
    expect(receiver.received).toHaveLength(1);
    expect(await told('hook')).toMatchObject([{ status: 'failed', lastError: 'The notification was deleted.' }]);
    await expect(server.client.notification('hook')).rejects.toMatchObject({ status: 404 });
  });
});
