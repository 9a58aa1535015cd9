import { chmod, lstat, mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Digest } from '../../../ir/digest.ts';
import type { ArtifactError } from '../artifact-store.ts';
import { type FolderLayout, makeLayout, shardedPath } from '../folder/layout.ts';
import { removeLeftovers, temporaryName } from '../folder/leftovers.ts';
import { type TakenIn, takeIn } from '../folder/take-in.ts';
import { VerifiedContent } from '../folder/verified-content.ts';
import { evict } from './evict.ts';
import { createHold, type Hold, type HoldFolders } from './holds.ts';

export type ContentKind = 'file' | 'folder';

/** A file or a folder, by digest. */
export interface Content {
  readonly kind: ContentKind;
  readonly digest: Digest;
}

/**
 * Copies of content that lies elsewhere, for handlers read files. All processes of a machine share a cache; what is
 * damaged in it is brought again; what is in use stays, and of the rest no more than a bound.
 */
export interface ContentCache {
  scratch(): string;
  /** Takes a finished file or folder in, as a folder store does, and keeps it there until the signal. */
  put(source: string, until: AbortSignal): Promise<TakenIn>;
  /** Where the content lies, whole, until the signal: as it is here, or as its source brought it. */
  fetch(content: Content, source: ContentSource, until: AbortSignal | undefined): Promise<string>;
}

/** Where content comes from that is not here. */
export interface ContentSource {
  /** Writes it to a path. */
  bring(target: string): Promise<void>;
  /** What is to be thrown of what was brought and is something else. */
  changed(target: string, found: Digest): Promise<ArtifactError>;
}

export interface ContentCacheOptions {
  /** A folder on a local disk. Each project has a folder in it. */
  readonly root: string;
  readonly project: string;
  /** How much may stay that is not in use. */
  readonly bytes: number;
}

interface Parts {
  readonly layout: FolderLayout;
  readonly verified: VerifiedContent;
  readonly hold: Hold;
  /** To be told of what came. */
  readonly grown: (bytes: number) => void;
}

export async function openContentCache({ root, project, bytes }: ContentCacheOptions): Promise<ContentCache> {
  const layout = await makeLayout(root, project);
  const holds = { inUse: join(layout.project, 'in-use'), leaving: join(layout.project, 'leaving') };
  for (const folder of Object.values(holds)) await mkdir(folder, { recursive: true });
  await removeLeftovers([layout.incoming, layout.scratch, holds.inUse, holds.leaving]);
  const verified = new VerifiedContent();
  const { grown, released } = evictor(layout, holds, bytes);
  const parts = { layout, verified, hold: createHold(holds, released), grown };
  const underWay = new Map<string, Promise<void>>();
  return {
    scratch: () => join(layout.scratch, temporaryName()),
    put: (source, until) => put(parts, source, until),
    async fetch(content, source, until) {
      await parts.hold(content.digest, until);
      const path = shardedPath(content.kind === 'file' ? layout.files : layout.folders, content.digest);
      if ((await verified.stateOf(path, content.digest)) === 'whole') {
        await touch(path);
        return path;
      }
      const bringing = underWay.get(path) ?? bringIn(parts, content, source).finally(() => underWay.delete(path));
      underWay.set(path, bringing);
      await bringing;
      return path;
    },
  };
}

async function put({ layout, verified, hold, grown }: Parts, source: string, until: AbortSignal): Promise<TakenIn> {
  const taken = await takeIn(layout, verified, source, (digest) => hold(digest, until));
  grown(taken.size);
  return taken;
}

async function bringIn({ layout, verified, grown }: Parts, content: Content, source: ContentSource): Promise<void> {
  const folder = join(layout.scratch, temporaryName());
  const target = join(folder, 'content');
  await mkdir(folder, { recursive: true });
  try {
    await source.bring(target);
    const taken = await takeIn(layout, verified, target, async (found) => {
      if (found !== content.digest) throw await source.changed(target, found);
    });
    grown(taken.size);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** A mode set to what it was changes nothing but the time of the last change, which counts as that of the last use. */
async function touch(path: string): Promise<void> {
  await chmod(path, (await lstat(path)).mode);
}

interface Evictor {
  /** Content came. */
  grown(bytes: number): void;
  /** Content is not in use any more. */
  released(): void;
}

/**
 * Looking at all that is cached costs time: it is done when something comes, first and then for each 64th of the bound,
 * and while there is more than the bound, when something is released.
 */
function evictor(layout: FolderLayout, holds: HoldFolders, limit: number): Evictor {
  const often = limit / 64;
  let fresh = often;
  let isOver = false;
  let turn: Promise<void> = Promise.resolve();
  const look = () => {
    fresh = 0;
    // What is released while it looks may be what it left.
    isOver = true;
    turn = turn.then(async () => {
      // What cannot be removed now is tried again with the next; nobody's task fails of it.
      isOver = await evict(layout, holds, limit).catch(() => true);
    });
  };
  return {
    grown(bytes) {
      fresh += bytes;
      if (fresh >= often) look();
    },
    released() {
      if (isOver) look();
    },
  };
}
