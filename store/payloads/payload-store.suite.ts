import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Digest, digestOfBytes } from '../../ir/digest.ts';
import type { PayloadStore } from './payload-store.ts';

/** An empty place for payloads, for one test. */
export interface PayloadPlace {
  /** May be called several times: the stores share the place. */
  open(project: string): Promise<PayloadStore>;
  /** Takes stored bytes away, as whoever clears a disk does. */
  lose(project: string, digest: Digest): Promise<void>;
  /** Changes stored bytes, as a broken disk does. */
  damage(project: string, digest: Digest): Promise<void>;
  remove(): Promise<void>;
}

/** What every driver of the payload port must do. */
export function payloadStoreSuite(driver: string, create: () => Promise<PayloadPlace>): void {
  describe(`payloads in ${driver}`, () => {
    let place: PayloadPlace;
    let store: PayloadStore;
    beforeEach(async () => {
      place = await create();
      store = await place.open('default');
    });
    afterEach(() => place.remove());

    it('come back the same, by digest, from any store of the project', async () => {
      for (const bytes of [Buffer.from([0, 1, 255]), Buffer.alloc(0), Buffer.alloc(3 << 20, 'millrace')]) {
        const digest = await store.put(bytes);
        expect(digest).toBe(digestOfBytes(bytes));
        expect(bytes.equals(await (await place.open('default')).get(digest))).toBe(true);
      }
    });

    it('are those of one project alone', async () => {
      const digest = await store.put(Buffer.from('ours'));
      await expect((await place.open('theirs')).get(digest)).rejects.toMatchObject({ kind: 'missing' });
    });

    it('may be put again, and many at once, the same too', async () => {
      const digests = await Promise.all(Array.from({ length: 50 }, (_, n) => store.put(Buffer.from(`${n % 10}`))));
      expect(new Set(digests).size).toBe(10);
      for (const digest of digests) expect(digestOfBytes(await store.get(digest))).toBe(digest);
    });

    it('that are lost are named, with what to do', async () => {
      const digest = await store.put(Buffer.from('bytes'));
      await place.lose('default', digest);
      const message = expect.stringMatching(new RegExp(`^Payload ${digest} is not at .* run the pipeline again\\.$`));
      await expect(store.get(digest)).rejects.toMatchObject({ name: 'ArtifactError', kind: 'missing', message });
    });

    it('that were changed are found out, and mended by putting them again', async () => {
      const digest = await store.put(Buffer.from('bytes'));
      await place.damage('default', digest);
      const message = expect.stringMatching(new RegExp(`^Payload ${digest} at .* was changed`));
      await expect(store.get(digest)).rejects.toMatchObject({ kind: 'corrupt', message });
      await store.put(Buffer.from('bytes'));
      expect(Buffer.from(await store.get(digest)).toString()).toBe('bytes');
    });
  });
}
