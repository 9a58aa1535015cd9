import { isJsonObject, type JsonObject } from '../../ir/json.ts';
import { ApiProblem } from '../http/problem.ts';
import type { Delivered } from '../schemas/trigger.ts';
import type { ServerContext } from '../server-context.ts';
import { findTrigger } from './find-trigger.ts';
import { type SignedRequest, signatureBreak, signingSecret } from './signing-secret.ts';
import { triggeredRunId } from './start-triggered-run.ts';

const LONGEST_ID = 200;

/**
 * Takes a signed request in: as an event, which is durable when it is answered. The same delivery again is answered as before.
 *
 * @throws ApiProblem `badSignature`, also for one that is too old; `invalidRequest` for a body that is no JSON object
 */
export async function acceptDelivery(context: ServerContext, name: string, request: SignedRequest): Promise<Delivered> {
  const trigger = await findTrigger(context, name);
  const { events } = context.metadata;
  if (trigger.spec.on.kind !== 'webhook') {
    throw new ApiProblem('conflict', `Trigger ${name} takes no deliveries: it waits for ${trigger.spec.on.kind}.`, {
      next: 'Send them to a trigger that was created with --on webhook.',
    });
  }
  const secret = await signingSecret(context, name);
  if (secret === null) {
    throw new ApiProblem('conflict', `Trigger ${name} takes no deliveries: its secret was deleted.`, {
      next: `Delete the trigger, and create it anew for another secret: millrace triggers delete ${name}`,
    });
  }
  refuse(name, signatureBreak(secret, request, context.now()));
  const { id: delivery } = request;
  if (delivery === '' || delivery.length > LONGEST_ID) {
    throw new ApiProblem('invalidRequest', `webhook-id has to have 1 to ${LONGEST_ID} characters.`);
  }
  const { watched } = trigger.spec;
  const key = `webhook:${name}:${watched}:${delivery}`;
  const facts = { kind: 'webhook', trigger: name, watched, delivery, body: bodyOf(request.body) } as const;
  const isNew = await events.append(key, facts, context.now());
  return { delivery, runId: triggeredRunId(name, key), duplicate: !isNew };
}

function refuse(name: string, unfit: string | null): void {
  if (unfit === null) return;
  throw new ApiProblem('badSignature', `The delivery to trigger ${name} ${unfit}.`, {
    next: 'Sign webhook-id, webhook-timestamp and the body as docs/triggers.md says, at the time of sending.',
  });
}

function bodyOf(bytes: Uint8Array): JsonObject {
  try {
    const body: unknown = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
    if (isJsonObject(body)) return body;
  } catch (cause) {
    throw new ApiProblem('invalidRequest', 'The body of a delivery is no JSON.', { cause });
  }
  throw new ApiProblem('invalidRequest', 'The body of a delivery has to be a JSON object.');
}
