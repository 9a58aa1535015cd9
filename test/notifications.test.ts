import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { type MailServer, type Receiver, startMailServer, startReceiver } from '../server/testing/receiver.suite.ts';
import { millrace } from './support/command-line.ts';
import { type EmbeddedSystem, ended, startEmbedded } from './support/embedded-system.ts';
import { until } from './support/until.ts';

vi.setConfig({ testTimeout: 180_000, hookTimeout: 60_000 });
const PIPELINE = resolve('test/support/notified-pipeline.suite.ts');

let folder = '';
let system: EmbeddedSystem;
let receiver: Receiver;
let mails: MailServer;
/** While it is set, requests stay without an answer. */
let isDeaf = false;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'millrace-notified-'));
  receiver = await startReceiver((_request, response) => void (isDeaf ? null : response.end()));
  mails = await startMailServer();
  system = await startEmbedded(join(folder, 'home'));
});
afterAll(async () => {
  await system?.stop();
  await receiver?.close();
  await mails?.close();
  await rm(folder, { recursive: true, force: true });
});

const command = (...args: string[]) => millrace(...args, '--home', system.home);
const sent = () => receiver.received.map(({ body }) => JSON.parse(body));
const about = (runId: string) => sent().filter(({ run }) => run === runId);

describe('a system tells', () => {
  it('whom it is made to, by commands that say what is wrong', async () => {
    const hook = ['notifications', 'create', 'hook', '--channel', 'webhook', '--url', receiver.url];
    expect((await command(...hook, '--on', 'runFaild')).err).toContain("--on has 'runFaild' in it, which is none of");
    expect((await command(...hook, '--on', 'runFailed', '--to', 'a@b.c')).err).toContain('not of the channel webhook');
    expect((await command(...hook, '--on', 'runFailed', '--tls', 'none')).err).toContain('not of the channel webhook');
    const url = ['notifications', 'create', 'hook', '--channel', 'webhook', '--url', 'ftp://x', '--on', 'runFailed'];
    expect((await command(...url)).err).toContain('--url has to be an http or https URL.');
    const made = await command(...hook, '--on', 'runFailed,approvalDue', '--pipeline', 'notified');
    expect(made.err).toContain('has no pipeline notified yet');
    expect(made.out).toContain(`hook: webhook to ${receiver.url}, on runFailed, approvalDue of notified`);
    const smtp = [
      '--smtp',
      `127.0.0.1:${mails.port}`,
      '--tls',
      'none',
      '--from',
      'm@example.org',
      '--to',
      'ada@example.org',
    ];
    const mail = await command('notifications', 'create', 'mail', '--channel', 'email', '--on', 'runFailed', ...smtp);
    expect(mail.code).toBe(0);
    expect((await command('notifications', 'test', 'mail')).out).toContain('was taken');
    expect((await command('notifications', 'list')).out).toMatch(/hook +webhook/);
    expect((await command('notifications', 'test', 'none')).err).toContain("no notification 'none'");
  });

  it('that a run has failed, and in which task, by webhook and mail', async () => {
    const runId = await system.submit(PIPELINE, { how: 'fail' });
    await ended(system.client(), runId);
    await until('both were told', () => about(runId).length > 0 && mails.mails.length > 1);
    expect(about(runId)).toMatchObject([
      { event: 'runFailed', pipeline: 'notified', detail: expect.stringContaining('work: the rows are gone') },
    ]);
    expect(mails.mails.at(-1)?.text).toContain('work: the rows are gone');
    const shown = await until('it is written down', async () => {
      const { out } = await command('notifications', 'get', 'hook');
      return out.includes('delivered') ? out : null;
    });
    expect(shown).toContain(`1 try: Run ${runId} of notified failed`);
  });

  it('that an approval is due, and not how the run went on', async () => {
    const runId = await system.submit(PIPELINE, { how: 'ask' });
    await until('it was told', () => about(runId).length > 0);
    expect(about(runId)).toMatchObject([
      {
        event: 'approvalDue',
        task: 'gate/do/ship',
        detail: 'Ship it?',
        next: `millrace runs approve ${runId} 'gate/do/ship'`,
      },
    ]);
    await command('runs', 'approve', runId, 'gate/do/ship');
    expect((await ended(system.client(), runId)).run.status).toBe('succeeded');
    expect(about(runId)).toHaveLength(1);
  });

  it('what the API was killed over, with the same id', async () => {
    isDeaf = true;
    const runId = await system.submit(PIPELINE, { how: 'fail' });
    await until('the try has begun', () => about(runId).length > 0);
    await system.kill('api');
    isDeaf = false;
    await until('it was tried again', () => about(runId).length > 1);
    const [first, second] = about(runId);
    expect(second).toEqual(first);
    const deliveries = async () => (await system.client().deliveries('hook')).items;
    const done = await until('it is written down', async () =>
      (await deliveries()).find(({ id, status }) => id === first.id && status === 'delivered'),
    );
    expect(done.attempts).toBeGreaterThanOrEqual(2);
  });
});
