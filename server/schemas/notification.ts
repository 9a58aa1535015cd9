import { z } from 'zod';
import {
  type Channel,
  type Delivery,
  MAIL_TLS,
  type Message,
  NOTIFIED_EVENTS,
  type Notification,
} from '../../store/metadata/notification-table.ts';
import { isSecretName } from '../../store/secrets/secret-provider.ts';

const secretName = z.string().refine(isSecretName, 'has to be the name of a secret');

function isWebUrl(text: string): boolean {
  return URL.canParse(text) && ['http:', 'https:'].includes(new URL(text).protocol);
}

/** A name and password in an address would stand in answers and logs. */
function isWithoutUser(text: string): boolean {
  return !URL.canParse(text) || (new URL(text).username === '' && new URL(text).password === '');
}

const webUrl = z
  .string()
  .max(2_000)
  .refine(isWebUrl, 'has to be an http or https URL')
  .refine(isWithoutUser, 'has a user in it: keep the whole address as a secret');
const targetUrl = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('text'), text: webUrl }),
  z.strictObject({ kind: z.literal('secret'), secret: secretName }),
]);

/** An address alone, without a name for people: nothing in it can begin a header, or name a second receiver. */
const mailAddress = z
  .string()
  .regex(/^[\w.!#$%&'*+/=?^`{|}~-]{1,64}@[A-Za-z0-9.-]{1,253}$/, 'has to be one mail address');
const hostName = z
  .string()
  .regex(/^(?:[A-Za-z0-9.-]{1,253}|\[?[0-9A-Fa-f:.]{2,45}\]?)$/, 'has to be the name of a host');

const emailChannel = z
  .strictObject({
    kind: z.literal('email'),
    host: hostName,
    port: z.int().min(1).max(65_535),
    tls: z.enum(MAIL_TLS),
    user: z.string().min(1).max(200).nullable(),
    password: secretName.nullable(),
    from: mailAddress,
    to: z.array(mailAddress).min(1).max(50).readonly(),
  })
  .refine(({ user, password }) => (user === null) === (password === null), {
    path: ['password'],
    error: 'has to be there with a user, and with a user alone',
  })
  .refine(({ tls, user }) => tls !== 'none' || user === null, {
    path: ['tls'],
    error: 'has to be starttls or tls, for a password is sent',
  });

const channelSchema: z.ZodType<Channel> = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('webhook'), url: targetUrl, signWith: secretName.nullable() }),
  z.strictObject({ kind: z.literal('slack'), url: targetUrl }),
  emailChannel,
]);

const notificationName = z
  .string()
  .regex(/^[A-Za-z][A-Za-z0-9_-]{0,99}$/, 'has to be a letter, then letters, digits, _ or -');

export const createNotificationSchema = z.strictObject({
  name: notificationName,
  channel: channelSchema,
  events: z.array(z.enum(NOTIFIED_EVENTS)).min(1).readonly(),
  pipelines: z.array(z.string().min(1)).min(1).readonly().nullable(),
});
export type CreateNotification = z.input<typeof createNotificationSchema>;

export const notificationSchema: z.ZodType<Notification> = z.object({
  name: z.string(),
  channel: channelSchema,
  events: z.array(z.enum(NOTIFIED_EVENTS)).readonly(),
  pipelines: z.array(z.string()).readonly().nullable(),
  createdAt: z.number(),
  createdBy: z.string(),
  since: z.int(),
});
/** `notices`: for people, what it names and there is not, so that it tells nothing until there is. */
export const createdNotificationSchema = z.object({
  notification: notificationSchema,
  notices: z.array(z.string()).readonly(),
});
export type CreatedNotification = z.infer<typeof createdNotificationSchema>;

export const notificationListSchema = z.object({ items: z.array(notificationSchema) });
export type NotificationList = z.infer<typeof notificationListSchema>;

const messageSchema: z.ZodType<Message> = z.object({
  event: z.enum([...NOTIFIED_EVENTS, 'test']),
  at: z.number(),
  title: z.string(),
  pipeline: z.string().nullable(),
  run: z.string().nullable(),
  task: z.string().nullable(),
  detail: z.string().nullable(),
  next: z.string(),
});

const deliverySchema: z.ZodType<Delivery> = z.object({
  id: z.string(),
  notification: z.string(),
  message: messageSchema,
  status: z.enum(['pending', 'delivered', 'failed']),
  attempts: z.int(),
  nextAt: z.number(),
  lastError: z.string().nullable(),
  createdAt: z.number(),
  endedAt: z.number().nullable(),
});
export const deliveryPageSchema = z.object({
  items: z.array(deliverySchema).readonly(),
  cursor: z.string().nullable(),
});

/** `error`: why the target did not take it, or not for all of its receivers; null when it did. */
export const testedNotificationSchema = z.object({ id: z.string(), error: z.string().nullable() });
export type TestedNotification = z.infer<typeof testedNotificationSchema>;
