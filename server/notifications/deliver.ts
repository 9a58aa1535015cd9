import type { Channel, NewDelivery, TargetUrl } from '../../store/metadata/notification-table.ts';
import { SecretError, type SecretProvider } from '../../store/secrets/secret-provider.ts';
import { signedHeaders } from '../http/standard-webhooks.ts';
import { slackBody, webhookBody } from './message-forms.ts';
import { post } from './post.ts';
import { Refusal } from './refusal.ts';
import { sendMail } from './send-mail.ts';

export interface Sending {
  readonly project: string;
  readonly secrets: SecretProvider;
  readonly now: () => number;
}

/**
 * Sends one message to its target.
 *
 * @returns which of several receivers it was not taken for; null where all have it
 * @throws Refusal, its text without the secrets that were used.
 */
export async function deliver(
  sending: Sending,
  delivery: NewDelivery,
  channel: Channel,
  signal: AbortSignal,
): Promise<string | null> {
  const used: string[] = [];
  const secretOf = async (name: string) => {
    const value = await readSecret(sending.secrets, name);
    used.push(value);
    return value;
  };
  try {
    return await send(sending, delivery, channel, secretOf, signal);
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    throw new Refusal(used.reduce((text, value) => text.replaceAll(value, '***'), error.message));
  }
}

type SecretOf = (name: string) => Promise<string>;

async function send(
  { project, now }: Sending,
  delivery: NewDelivery,
  channel: Channel,
  secretOf: SecretOf,
  signal: AbortSignal,
): Promise<string | null> {
  if (channel.kind === 'email') {
    const password = channel.password === null ? null : await secretOf(channel.password);
    return sendMail(project, delivery, channel, password);
  }
  const url = await urlOf(channel.url, secretOf);
  if (channel.kind === 'slack') {
    await post(url, slackBody(delivery.message), {}, signal);
    return null;
  }
  const body = webhookBody(project, delivery);
  const signed =
    channel.signWith === null ? {} : signedHeaders(delivery.id, body, await secretOf(channel.signWith), now());
  await post(url, body, { 'webhook-id': delivery.id, ...signed }, signal);
  return null;
}

function urlOf(url: TargetUrl, secretOf: SecretOf): Promise<string> {
  return url.kind === 'text' ? Promise.resolve(url.text) : secretOf(url.secret);
}

async function readSecret(secrets: SecretProvider, name: string): Promise<string> {
  const ref = { secret: name, version: null };
  const found = await secrets.resolve(ref).catch((error: unknown) => {
    if (error instanceof SecretError) throw new Refusal(error.message);
    throw error;
  });
  if (found !== null) return found.value;
  throw new Refusal(`The API has no secret '${name}': ${secrets.cure(ref)}.`);
}
