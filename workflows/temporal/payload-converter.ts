import {
  BinaryPayloadConverter,
  CompositePayloadConverter,
  JsonPayloadConverter,
  type Payload,
  type SerializationContext,
  UndefinedPayloadConverter,
} from '@temporalio/common';
import { STAYS_HERE } from '../../ir/protocol/payload-mark.ts';

const encoder = new TextEncoder();
const decoder = new TextDecoder();
const JSON_METADATA = { encoding: encoder.encode('json/plain') };
const MARKED_METADATA = { ...JSON_METADATA, [STAYS_HERE]: encoder.encode('1') };

/**
 * JSON as the SDK writes it, by the platform's own UTF-8: the SDK's is written in JavaScript, and takes seconds for what
 * a wide fan-out of large outputs gives. It marks what goes to local activities.
 */
class WorkflowJsonConverter extends JsonPayloadConverter {
  override toPayload(value: unknown, context?: SerializationContext): Payload | undefined {
    if (value === undefined) return undefined;
    const metadata = context?.type === 'activity' && context.isLocal ? MARKED_METADATA : JSON_METADATA;
    return { metadata, data: encoder.encode(JSON.stringify(value)) };
  }

  override fromPayload<T>({ data }: Payload): T {
    return JSON.parse(decoder.decode(data ?? undefined));
  }
}

/** What the bundle of the workflows converts by; the SDK finds it by this name. */
export const payloadConverter = new CompositePayloadConverter(
  new UndefinedPayloadConverter(),
  new BinaryPayloadConverter(),
  new WorkflowJsonConverter(),
);
