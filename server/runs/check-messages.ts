import { everyNode, placeText } from '../../ir/every-node.ts';
import type { PipelineIR } from '../../ir/pipeline-ir.ts';
import { ApiProblem } from '../http/problem.ts';
import type { ServerContext } from '../server-context.ts';

type Looking = Pick<ServerContext, 'metadata' | 'project'>;

/**
 * Refuses a pipeline with a message for a notification that there is not, where its name is known before the run.
 *
 * @returns a notice for messages that name none, where no notification would tell them
 * @throws ApiProblem `noSuchNotification`, with a part for each task.
 */
export async function checkMessages(context: Looking, ir: PipelineIR): Promise<readonly string[]> {
  const messages = messagesIn(ir);
  if (messages.length === 0) return [];
  const rules = await context.metadata.notifications.list();
  const isMissing = ({ channel }: Message) => channel !== null && rules.every(({ name }) => name !== channel);
  const missing = messages.filter(isMissing);
  const [first] = missing;
  if (first) throw noSuchNotification(context, ir.name, first, missing);
  const isHeard = rules.some(
    ({ events, pipelines }) => events.includes('message') && (pipelines === null || pipelines.includes(ir.name)),
  );
  const untold = isHeard ? [] : messages.filter(({ isOpen }) => isOpen);
  if (untold.length === 0) return [];
  return [
    `What ${ir.name} says in ${untold.map(({ at }) => at).join(', ')} is told to nobody, for no notification tells of its messages: ` +
      `make one with \`millrace notifications create NAME --channel … --on message\`.`,
  ];
}

interface Message {
  /** For people: `'onExit/notify'`. */
  readonly at: string;
  /** Null where it names none, or the run decides which. */
  readonly channel: string | null;
  /** Whether it names none. */
  readonly isOpen: boolean;
}

function messagesIn(ir: PipelineIR): readonly Message[] {
  return everyNode(ir).flatMap((placed) => {
    const { node } = placed;
    if (node.kind !== 'notify') return [];
    const { channel } = node;
    const literal = channel?.kind === 'literal' ? channel.value : null;
    return [{ at: placeText(placed), channel: literal === null ? null : String(literal), isOpen: channel === null }];
  });
}

function noSuchNotification(
  { project }: Looking,
  pipeline: string,
  { at, channel }: Message,
  missing: readonly Message[],
): ApiProblem {
  const messageOf = (name: string | null) =>
    `it names the notification '${name}', which project ${project} does not have.`;
  return new ApiProblem('noSuchNotification', `Notify ${at} of ${pipeline}: ${messageOf(channel)}`, {
    next: `Make it: millrace notifications create ${channel} --channel … --on message. Or name one of: millrace notifications list`,
    parts: missing.map((each) => ({ at: each.at, message: messageOf(each.channel) })),
  });
}
