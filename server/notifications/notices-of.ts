import type { Channel, Notification } from '../../store/metadata/notification-table.ts';
import { SecretError } from '../../store/secrets/secret-provider.ts';
import type { ServerContext } from '../server-context.ts';

/** What a notification names and there is not: nothing of it comes through until there is, which may be soon. */
export async function noticesOf(context: ServerContext, notification: Notification): Promise<readonly string[]> {
  const { name, channel, pipelines } = notification;
  const ofPipelines = (pipelines ?? []).map((pipeline) => pipelineNotice(context, name, pipeline));
  const ofSecrets = secretsOf(channel).map((secret) => secretNotice(context, name, secret));
  return (await Promise.all([...ofPipelines, ...ofSecrets])).filter((notice) => notice !== null);
}

async function pipelineNotice(context: ServerContext, name: string, pipeline: string): Promise<string | null> {
  const { metadata, project } = context;
  if ((await metadata.pipelines.get(pipeline, 'latest')) !== null) return null;
  return `Project ${project} has no pipeline ${pipeline} yet: ${name} tells nothing of it before.`;
}

async function secretNotice({ secrets }: ServerContext, name: string, secret: string): Promise<string | null> {
  const ref = { secret, version: null };
  try {
    if ((await secrets.resolve(ref)) !== null) return null;
    return `The API has no secret '${secret}', and ${name} does not come through without it: ${secrets.cure(ref)}.`;
  } catch (error) {
    if (error instanceof SecretError) return error.message;
    throw error;
  }
}

function secretsOf(channel: Channel): readonly string[] {
  if (channel.kind === 'email') return channel.password === null ? [] : [channel.password];
  const address = channel.url.kind === 'secret' ? [channel.url.secret] : [];
  return channel.kind === 'webhook' && channel.signWith !== null ? [...address, channel.signWith] : address;
}
