import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { type Digest, digestOfBytes } from '../../ir/digest.ts';
import { ArtifactError } from '../../store/artifacts/artifact-store.ts';
import type { PayloadStore } from '../../store/payloads/payload-store.ts';

const fileOf = (folder: URL, digest: Digest) => new URL(`${digest.slice(7)}.payload`, folder);

/** The payloads that were kept beside histories. A replay writes none. */
export function keptPayloads(folder: URL): PayloadStore {
  return {
    put: async (bytes) => digestOfBytes(bytes),
    get: async (digest) => {
      const bytes = await readFile(fileOf(folder, digest)).catch(() => null);
      if (!bytes) throw new ArtifactError('missing', `Payload ${digest} is lost.`);
      return bytes;
    },
  };
}

/** Keeps what a history refers to, unless it is lost. */
export async function keepPayloads(history: string, from: PayloadStore, folder: URL): Promise<void> {
  for (const digest of digestsIn(history)) {
    const bytes = await from.get(digest).catch(() => null);
    if (!bytes) continue;
    await mkdir(folder, { recursive: true });
    await writeFile(fileOf(folder, digest), bytes);
  }
}

/** What a history refers to. References are JSON in Base64, as all payloads are. */
export function digestsIn(history: string): ReadonlySet<Digest> {
  const data = [...history.matchAll(/"data":"([A-Za-z0-9+/=]+)"/g)].map(([, base64 = '']) => atob(base64));
  const references = data.filter((text) => text.includes('millrace.payloads.1'));
  return new Set(references.flatMap((text) => [...text.matchAll(/sha256:[0-9a-f]{64}/g)].map(([it]) => it as Digest)));
}
