import { isJsonObject, type JsonObject, type JsonSchema } from '../../ir/json.ts';
import { readBySchema } from '../../ir/read-by-schema.ts';
import { faultText } from '../../ir/read-params.ts';
import type { Trigger } from '../../store/metadata/trigger-table.ts';
import { SecretError } from '../../store/secrets/secret-provider.ts';
import { ApiProblem } from '../http/problem.ts';
import type { Delivered } from '../schemas/trigger.ts';
import type { ServerContext } from '../server-context.ts';
import { NOT_SIGNED, type SignedRequest, signatureBreak, signingSecret, unknownSecret } from './signing-secret.ts';
import { triggeredRunId } from './start-triggered-run.ts';

const LONGEST_ID = 200;

/**
 * Takes a signed request in: as an event, which is durable when it is answered. The same delivery again is answered as before.
 * Who cannot sign is answered alike under every name, so that nobody learns which triggers there are; the log says more.
 *
 * @throws ApiProblem `badSignature`, also for one that is too old; `invalidRequest` for a body that is no JSON object
 */
export async function acceptDelivery(context: ServerContext, name: string, request: SignedRequest): Promise<Delivered> {
  const { metadata } = context;
  const [trigger, { secret, unread }] = await Promise.all([metadata.triggers.get(name), readSecret(context, name)]);
  // A signature is made where there is no secret, too: it takes as long.
  const unfit = signatureBreak(secret ?? unknownSecret(), request, context.now());
  if (trigger?.spec.on.kind !== 'webhook' || secret === null) {
    context.log.warn({ trigger: name, why: unread ?? whyNone(trigger) }, 'a delivery was refused');
    throw refusal(name, NOT_SIGNED);
  }
  if (unfit !== null) throw refusal(name, unfit);
  const { id: delivery } = request;
  if (delivery === '' || delivery.length > LONGEST_ID) {
    throw new ApiProblem('invalidRequest', `webhook-id has to have 1 to ${LONGEST_ID} characters.`);
  }
  const { watched } = trigger.spec;
  const key = `webhook:${name}:${watched}:${delivery}`;
  const facts = {
    kind: 'webhook',
    trigger: name,
    watched,
    delivery,
    body: bodyOf(name, trigger.spec.on.body, request.body),
  } as const;
  const isNew = await metadata.events.append(key, facts, context.now());
  return { delivery, runId: triggeredRunId(name, key), duplicate: !isNew };
}

interface ReadSecret {
  readonly secret: string | null;
  /** Why one that there is cannot be read: it names keys, which are no sender's business. */
  readonly unread: string | null;
}

async function readSecret(context: ServerContext, name: string): Promise<ReadSecret> {
  try {
    return { secret: await signingSecret(context, name), unread: null };
  } catch (error) {
    if (!(error instanceof SecretError)) throw error;
    return { secret: null, unread: error.message };
  }
}

function whyNone(trigger: Trigger | null): string {
  if (trigger === null) return 'there is no such trigger';
  const { kind } = trigger.spec.on;
  return kind === 'webhook' ? 'its secret was deleted: delete the trigger, and create it anew' : `it waits for ${kind}`;
}

function refusal(name: string, unfit: string): ApiProblem {
  return new ApiProblem('badSignature', `The delivery to trigger ${name} ${unfit}.`, {
    next: 'Sign webhook-id, webhook-timestamp and the body as docs/triggers.md says, at the time of sending.',
  });
}

function bodyOf(trigger: string, schema: JsonSchema | null, bytes: Uint8Array): JsonObject {
  const body = jsonIn(bytes);
  if (schema === null) return body;
  const { value, faults } = readBySchema(schema, body);
  if (faults.length === 0 && isJsonObject(value)) return value;
  throw new ApiProblem('invalidRequest', faultText(`The body does not fit trigger ${trigger}`, faults));
}

function jsonIn(bytes: Uint8Array): JsonObject {
  try {
    const body: unknown = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
    if (isJsonObject(body)) return body;
  } catch (cause) {
    throw new ApiProblem('invalidRequest', 'The body of a delivery is no JSON.', { cause });
  }
  throw new ApiProblem('invalidRequest', 'The body of a delivery has to be a JSON object.');
}
