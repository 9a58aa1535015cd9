import {
  type DataConverter,
  defaultPayloadConverter,
  ExternalStorage,
  type Payload,
  type StorageDriver,
  StorageDriverClaim,
} from '@temporalio/common';
import proto from '@temporalio/proto';
import type { Digest } from '../../ir/digest.ts';
import { lostPayload } from '../../ir/protocol/lost-payload.ts';
import { STAYS_HERE } from '../../ir/protocol/payload-mark.ts';
import { ArtifactError, isPassing } from '../artifacts/artifact-store.ts';
import type { PayloadStore } from './payload-store.ts';

/**
 * Bytes from which a payload is kept in the store, and a reference of some 300 bytes travels in its place. A fan-out
 * starts 500 tasks in one message, of which Temporal takes 4 MiB: at 8 KiB it would end the run.
 */
const THRESHOLD = 4 * 1024;

/** Recorded in histories: a store of another kind takes another name, and readers of this one stay. */
const DRIVER = 'millrace.payloads.1';

/** For everything of ours that speaks with Temporal: whoever lacks it can read no large payload. */
export function dataConverter(payloads: PayloadStore): DataConverter {
  const driver = driverOver(payloads);
  const externalStorage = new ExternalStorage({
    drivers: [driver],
    driverSelector: (_context, { metadata }) => (metadata?.[STAYS_HERE] ? null : driver),
    payloadSizeThreshold: THRESHOLD,
  });
  return { externalStorage };
}

function driverOver(payloads: PayloadStore): StorageDriver {
  const store = async (payload: Payload) =>
    new StorageDriverClaim({ digest: await payloads.put(PayloadMessage.encode(payload).finish()) });
  return {
    name: DRIVER,
    type: DRIVER,
    store: (_context, given) => Promise.all(given.map(store)),
    retrieve: (_context, claims) => Promise.all(claims.map((claim) => retrieve(payloads, claim))),
  };
}

const { Payload: PayloadMessage } = proto.temporal.api.common.v1;

/**
 * What is lost is given as a value that says so. Thrown, it would fail the whole workflow task, which Temporal tries
 * again for ever; as a value it is one task's failure.
 */
async function retrieve(payloads: PayloadStore, { claimData }: StorageDriverClaim): Promise<Payload> {
  try {
    return PayloadMessage.decode(await payloads.get(claimData.digest as Digest));
  } catch (error) {
    if (!(error instanceof ArtifactError) || isPassing(error)) throw error;
    return defaultPayloadConverter.toPayload(lostPayload(error.message));
  }
}
