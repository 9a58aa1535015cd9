import type { Channel, CreatedNotification, Delivery, Notification } from '../../server/client.ts';
import { CliError, EXIT } from '../cli-error.ts';
import { momentText } from '../output/durations.ts';
import { type FormatOptions, formatOf } from '../output/format-option.ts';
import { moreText } from '../output/more-text.ts';
import { print } from '../output/print.ts';
import { section } from '../output/section.ts';
import { table } from '../output/table.ts';
import { findPlace, type PlaceOptions } from '../place.ts';
import { withApi } from '../system/with-api.ts';

export type Common = PlaceOptions & FormatOptions;

export async function listNotifications(options: Common): Promise<void> {
  const notifications = await withApi(findPlace(options), (client) => client.notifications());
  await print(formatOf(options), notifications, () => {
    if (notifications.items.length === 0) return 'No notifications. Make one: millrace notifications create --help';
    const rows = notifications.items.map((each) => [
      each.name,
      each.channel.kind,
      targetText(each.channel),
      each.events.join(', '),
      each.pipelines?.join(', ') ?? 'all',
    ]);
    return table(['NOTIFICATION', 'CHANNEL', 'TO', 'ON', 'PIPELINES'], rows);
  });
}

export async function getNotification(name: string, options: Common & { readonly cursor?: string }): Promise<void> {
  const page = options.cursor === undefined ? {} : { cursor: options.cursor };
  const detail = await withApi(findPlace(options), async (client) => {
    const [notification, deliveries] = await Promise.all([client.notification(name), client.deliveries(name, page)]);
    return { notification, deliveries };
  });
  await print(formatOf(options), detail, () => {
    const { items, cursor } = detail.deliveries;
    const more = moreText(`millrace notifications get ${name}`, {}, cursor);
    return notificationText(detail.notification) + section('Told', items.map(deliveryText)) + more;
  });
}

/** A notification that was made; what its notices say is said beside the document, too. */
export async function printCreated(options: Common, made: CreatedNotification): Promise<void> {
  const { notification, notices } = made;
  const next = `Try it: millrace notifications test ${notification.name}`;
  await print(formatOf(options), made, () => `${notificationText(notification)}\n${next}`);
  for (const notice of notices) process.stderr.write(`note: ${notice}\n`);
}

export async function deleteNotification(name: string, options: Common): Promise<void> {
  const deleted = await withApi(findPlace(options), (client) => client.deleteNotification(name));
  await print(
    formatOf(options),
    deleted,
    () => `Notification ${name} is deleted, and what it had yet to tell is given up.`,
  );
}

/** @throws CliError when the target did not take it. */
export async function testNotification(name: string, options: Common): Promise<void> {
  const tested = await withApi(findPlace(options), (client) => client.testNotification(name));
  if (tested.error !== null) {
    throw new CliError(EXIT.unreachable, `Notification ${name} did not come through: ${tested.error}`, {
      next: `See where it goes: millrace notifications get ${name}`,
    });
  }
  await print(formatOf(options), tested, () => `Notification ${name} was taken, as ${tested.id}.`);
}

function notificationText({ name, channel, events, pipelines }: Notification): string {
  return `${name}: ${channel.kind} to ${targetText(channel)}, on ${events.join(', ')} of ${pipelines?.join(', ') ?? 'all pipelines'}`;
}

function targetText(channel: Channel): string {
  if (channel.kind === 'email') return `${channel.to.join(', ')} by ${channel.host}:${channel.port}`;
  return channel.url.kind === 'text' ? channel.url.text : `the address in secret ${channel.url.secret}`;
}

function deliveryText({ status, attempts, message, lastError, nextAt, endedAt }: Delivery): string {
  const tries = attempts === 1 ? '1 try' : `${attempts} tries`;
  const when = status === 'pending' ? `next ${momentText(nextAt)}` : momentText(endedAt);
  return `${status}, ${when}, ${tries}: ${message.title}${lastError === null ? '' : ` (${lastError})`}`;
}
