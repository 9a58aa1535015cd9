import { setTimeout as delay } from 'node:timers/promises';
import { createTransport } from 'nodemailer';
import type { EmailChannel, NewDelivery } from '../../store/metadata/notification-table.ts';
import { mailText } from './message-forms.ts';
import { Refusal, TRY_WITHIN_MS } from './refusal.ts';

/** For the whole of a mail, which takes several answers. */
const MAIL_WITHIN_MS = 2 * TRY_WITHIN_MS;

/**
 * Sends a message by SMTP, on a connection of its own. Its Message-ID is made of the delivery's id: mailboxes show what came twice
 * once.
 *
 * @returns which receivers the server did not take it for: the others have it, and are not sent it again for their sake
 * @throws Refusal where the server takes it for nobody, or has no TLS and is to have it.
 */
export async function sendMail(
  project: string,
  delivery: NewDelivery,
  channel: EmailChannel,
  password: string | null,
): Promise<string | null> {
  const { host, port, tls, user, from, to } = channel;
  const transport = createTransport({
    ...{ host, port, secure: tls === 'tls', requireTLS: tls === 'starttls', ignoreTLS: tls === 'none' },
    ...(user === null ? {} : { auth: { user, pass: password ?? '' } }),
    // What is sent is text of ours; nothing in it may name a file or a page.
    ...{ disableFileAccess: true, disableUrlAccess: true },
    ...{ connectionTimeout: TRY_WITHIN_MS, greetingTimeout: TRY_WITHIN_MS, socketTimeout: TRY_WITHIN_MS },
  });
  const domain = from.slice(from.lastIndexOf('@') + 1);
  try {
    const sending = transport.sendMail({
      ...{ from, to: [...to], messageId: `<${delivery.id}@${domain}>` },
      ...mailText(project, delivery.message),
    });
    const { rejected } = await Promise.race([sending, tooLate()]);
    return rejected.length === 0 ? null : `It was not taken for ${rejected.map(addressOf).join(', ')}.`;
  } catch (error) {
    if (error instanceof Refusal) throw error;
    throw new Refusal(
      `The mail server ${host}:${port} did not take it: ${error instanceof Error ? error.message : error}`,
    );
  } finally {
    transport.close();
  }
}

function addressOf(receiver: string | { readonly address: string }): string {
  return typeof receiver === 'string' ? receiver : receiver.address;
}

/** A server that answers each command slowly is within every bound that the connection has, and must not outlast the lease. */
async function tooLate(): Promise<never> {
  await delay(MAIL_WITHIN_MS, undefined, { ref: false });
  throw new Refusal(`It did not take the mail within ${MAIL_WITHIN_MS / 1_000} s.`);
}
