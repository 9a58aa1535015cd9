import { Command, Option } from 'commander';
import { withFormat } from '../output/format-option.ts';
import { withPlace } from '../place.ts';
import type * as creating from './notification-channel.ts';
import type * as handlers from './notifications-handlers.ts';

const load = (): Promise<typeof handlers> => import('./notifications-handlers.ts');
const loadCreating = (): Promise<typeof creating> => import('./notification-channel.ts');

export function notificationsCommand(): Command {
  return new Command('notifications')
    .description('tell people and programs how runs end, and what waits for a decision')
    .addCommand(listCommand(), { isDefault: true })
    .addCommand(getCommand())
    .addCommand(createCommand())
    .addCommand(deleteCommand())
    .addCommand(testCommand());
}

function listCommand(): Command {
  const command = new Command('list').description('who is told of what');
  return withFormat(withPlace(command)).action(async (options) => (await load()).listNotifications(options));
}

function getCommand(): Command {
  const command = new Command('get')
    .description('a notification, and what it told: when, after how many tries, or why not')
    .argument('<name>')
    .option('--cursor <cursor>', 'the next page of what it told');
  return withFormat(withPlace(command)).action(async (name, options) => (await load()).getNotification(name, options));
}

/** By their defaults: the choices are the API's, and are not loaded for a help text. */
function createCommand(): Command {
  const command = new Command('create')
    .description('tell of events by a webhook, Slack or mail')
    .argument('<name>')
    .addOption(new Option('--channel <kind>', 'how').choices(['webhook', 'slack', 'email']).makeOptionMandatory())
    .requiredOption(
      '--on <events>',
      'of what, comma separated: runFailed, runSucceeded, runCancelled, approvalDue, partitionLate, message',
    )
    .option('--pipeline <names...>', 'of these pipelines alone')
    .option('--url <url>', 'webhook, slack: where to')
    .option('--url-secret <secret>', 'the same, where the address is a secret')
    .option('--sign-with <secret>', 'webhook: the secret that signs requests (Standard Webhooks)')
    .option('--smtp <host:port>', 'email: the mail server')
    .option('--tls <how>', 'email: starttls, tls from the beginning, or none; starttls unless given')
    .option('--user <name>', 'email: who logs in there')
    .option('--password-secret <secret>', 'email: the secret with the password')
    .option('--from <address>', 'email: from whom')
    .option('--to <addresses...>', 'email: to whom');
  return withFormat(withPlace(command)).action(async (name, options) =>
    (await loadCreating()).createNotification(name, options),
  );
}

function deleteCommand(): Command {
  const command = new Command('delete').description('tell nothing more').argument('<name>');
  return withFormat(withPlace(command)).action(async (name, options) =>
    (await load()).deleteNotification(name, options),
  );
}

function testCommand(): Command {
  const command = new Command('test')
    .description('send a message now, and say whether it was taken')
    .argument('<name>');
  return withFormat(withPlace(command)).action(async (name, options) => (await load()).testNotification(name, options));
}
