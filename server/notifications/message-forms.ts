import type { Message, NewDelivery } from '../../store/metadata/notification-table.ts';

/** For programs: all that is known, each in a field of its own. */
export function webhookBody(project: string, { id, notification, message }: NewDelivery): string {
  return JSON.stringify({ id, notification, project, ...message });
}

/** In Slack's own mark-up, in which what a failure says must not become a mention or a link. */
export function slackBody(message: Message): string {
  const { title, detail, next } = message;
  const lines = [`*${escaped(title)}*`, ...(detail === null ? [] : [escaped(detail)]), `\`${escaped(next)}\``];
  return JSON.stringify({ text: lines.join('\n') });
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}

/** @returns a subject of one line */
export function mailText(project: string, { title, detail, next, at }: Message): { subject: string; text: string } {
  const when = new Date(at).toISOString();
  const lines = [`${title}.`, ...(detail === null ? [] : ['', detail]), '', next, '', `Project ${project}, ${when}`];
  // biome-ignore lint/suspicious/noControlCharactersInRegex: a line break here would begin another header.
  return { subject: `[Millrace] ${title}`.replace(/[\u0000-\u001f\u007f]+/g, ' '), text: `${lines.join('\n')}\n` };
}
