import { defaultPayloadConverter, type ExternalStorage, type Payload, type StorageDriver } from '@temporalio/common';
import { describe, expect, it } from 'vitest';
import { type Digest, digestOfBytes } from '../../ir/digest.ts';
import { whyLost } from '../../ir/protocol/lost-payload.ts';
import { STAYS_HERE } from '../../ir/protocol/payload-mark.ts';
import { ArtifactError } from '../artifacts/artifact-store.ts';
import { dataConverter } from './data-converter.ts';
import type { PayloadStore } from './payload-store.ts';

function kept(): PayloadStore & { readonly bytes: Map<Digest, Uint8Array> } {
  const bytes = new Map<Digest, Uint8Array>();
  return {
    bytes,
    put: async (content) => {
      bytes.set(digestOfBytes(content), content);
      return digestOfBytes(content);
    },
    get: async (digest) => bytes.get(digest) ?? Promise.reject(new ArtifactError('missing', `${digest} is gone`)),
  };
}

function storageOver(payloads: PayloadStore): { storage: ExternalStorage; driver: StorageDriver } {
  const storage = dataConverter(payloads).externalStorage ?? expect.fail('there is an external storage');
  const driver = storage.getDriver('millrace.payloads.1') ?? expect.fail('histories name this driver');
  return { storage, driver };
}

const payloadOf = (value: unknown): Payload => defaultPayloadConverter.toPayload(value);

describe('large payloads', () => {
  it('are kept whole, metadata too, and equal ones once', async () => {
    const payloads = kept();
    const { driver } = storageOver(payloads);
    const value = { text: 'ç'.repeat(10_000) };
    const claims = await driver.store({}, [payloadOf(value), payloadOf(value)]);
    expect(payloads.bytes.size).toBe(1);
    const found = await driver.retrieve({}, claims);
    expect(found.map((payload) => defaultPayloadConverter.fromPayload(payload))).toEqual([value, value]);
  });

  it('are of 4 KiB: five hundred smaller ones have to go in one message of 4 MiB', () => {
    expect(storageOver(kept()).storage.payloadSizeThreshold).toBe(4_096);
  });

  it('stay where they are on their way to a local activity, for no history holds them', () => {
    const { storage, driver } = storageOver(kept());
    const payload = payloadOf('x');
    const marked = { ...payload, metadata: { ...payload.metadata, [STAYS_HERE]: Buffer.from('1') } };
    expect(storage.driverSelector({}, payload)).toBe(driver);
    expect(storage.driverSelector({}, marked)).toBeNull();
  });

  it('that are lost are given as a value that says so, and do not fail all of a workflow task', async () => {
    const payloads = kept();
    const { driver } = storageOver(payloads);
    const [claim] = await driver.store({}, [payloadOf('x')]);
    payloads.bytes.clear();
    const [found] = await driver.retrieve({}, claim ? [claim] : []);
    expect(whyLost(found && defaultPayloadConverter.fromPayload(found))).toMatch(/^sha256:\w+ is gone$/);
  });

  it('that cannot be read for now are an error, to be tried again', async () => {
    const { driver } = storageOver({ ...kept(), get: () => Promise.reject(new Error('EIO')) });
    const claims = await driver.store({}, [payloadOf('x')]);
    await expect(driver.retrieve({}, claims)).rejects.toThrow('EIO');
    const away = new ArtifactError('unavailable', 'The bucket cannot be reached.');
    const unreachable = storageOver({ ...kept(), get: () => Promise.reject(away) });
    await expect(unreachable.driver.retrieve({}, claims)).rejects.toBe(away);
  });
});
