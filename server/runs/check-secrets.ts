import { everyNode } from '../../ir/every-node.ts';
import type { PipelineIR } from '../../ir/pipeline-ir.ts';
import { CONTROL_QUEUE, type SecretRef, settingsOf } from '../../ir/step-contract.ts';
import type { SecretVersion } from '../../store/metadata/secret-table.ts';
import type { Worker } from '../../store/metadata/worker-table.ts';
import { isHeld } from '../../store/secrets/secret-provider.ts';
import type { MissingSecret } from '../schemas/secret.ts';
import type { ServerContext } from '../server-context.ts';

/**
 * Which secrets of a pipeline's tasks are not there, as far as it is known: on the workers that are up and may get the task. A
 * notice and no refusal, for a secret may be set, and another worker come, before the task is reached.
 */
export async function missingSecrets(context: Looking, ir: PipelineIR): Promise<readonly MissingSecret[]> {
  const wanted = secretsIn(ir);
  if (wanted.length === 0) return [];
  const [workers, stored] = await Promise.all([
    context.metadata.workers.live(context.now()),
    context.storedSecrets.list(),
  ]);
  return wanted.flatMap((want) => {
    const lacking = workers.filter(({ queues, details }) => {
      const { secrets } = details;
      return queues.includes(want.queue) && secrets !== undefined && !isHeld(secrets, want.ref, keyIn(stored));
    });
    const message = lacking.length === 0 ? null : messageOf(want, lacking, context);
    return message === null ? [] : [{ pipeline: ir.name, task: want.task, secret: want.ref.secret, message }];
  });
}

type Looking = Pick<ServerContext, 'metadata' | 'storedSecrets' | 'secrets' | 'now'>;

interface Want {
  readonly task: string;
  readonly queue: string;
  readonly ref: SecretRef;
}

function secretsIn(ir: PipelineIR): readonly Want[] {
  return everyNode(ir).flatMap(({ path: task, node }) => {
    const contract = node.kind === 'task' ? ir.steps[node.step] : undefined;
    if (node.kind !== 'task' || contract === undefined) return [];
    const { secrets, resources } = settingsOf(contract, node.overrides);
    const queue = contract.cost === 'light' ? CONTROL_QUEUE : resources.queue;
    return Object.values(secrets).map((ref) => ({ task, queue, ref }));
  });
}

/** By which key the version that is asked for was sealed. */
function keyIn(stored: readonly SecretVersion[]) {
  return ({ secret, version }: SecretRef): string | null =>
    stored.find((each) => each.name === secret && (version === null || String(each.version) === version))?.keyId ??
    null;
}

function messageOf({ task, queue, ref }: Want, lacking: readonly Worker[], { secrets }: Looking): string {
  const which = ref.version === null ? `'${ref.secret}'` : `'${ref.secret}' in version ${ref.version}`;
  const who = lacking.map(({ id }) => id).join(', ');
  return `Task ${task} reads the secret ${which}, which ${who} on queue ${queue} cannot read: there, ${secrets.cure(ref)}.`;
}
