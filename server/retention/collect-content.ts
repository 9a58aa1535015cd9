import type { Digest } from '../../ir/digest.ts';
import type { ContentFamily, ContentKey, StoredContent } from '../../store/artifacts/stored-content.ts';
import type { Condemned } from '../../store/metadata/condemned-table.ts';
import type { ServerContext } from '../server-context.ts';

/** Of one kind of content: what went, or would have, and what goes later if nobody comes to need it. */
export interface FamilyCollection {
  readonly family: ContentFamily;
  readonly gone: Amount;
  readonly condemned: Amount;
}

interface Amount {
  readonly count: number;
  readonly bytes: number;
}

export interface ContentPlan {
  readonly families: readonly ContentFamily[];
  readonly needed: ReadonlySet<Digest>;
  /** What was condemned after it may be in use by what is not written down yet. */
  readonly settled: number;
  readonly dryRun: boolean;
}

const BATCH = 200;
/** A batch takes seconds. After this, what a dead process was to remove may be put and taken again. */
const LEASE_MS = 15 * 60 * 1_000;

/** One collection may die at any place: what it had condemned or taken, the next one finds. */
export async function collectContent(context: ServerContext, plan: ContentPlan): Promise<readonly FamilyCollection[]> {
  const known = new Map((await context.metadata.condemned.list()).map((each) => [nameOf(each), each]));
  const collections: FamilyCollection[] = [];
  for (const family of plan.families) collections.push(await collectFamily(context, plan, family, known));
  return collections;
}

async function collectFamily(
  context: ServerContext,
  plan: ContentPlan,
  family: ContentFamily,
  known: ReadonlyMap<string, Condemned>,
): Promise<FamilyCollection> {
  const { condemned } = context.metadata;
  const now = context.now();
  const unneeded = await unneededOf(context, plan, family);
  const since = (content: StoredContent) => known.get(nameOf(content))?.condemnedAt ?? now;
  const going = unneeded.filter((content) => since(content) <= plan.settled);
  const waiting = unneeded.filter((content) => since(content) > plan.settled);
  if (plan.dryRun) return { family, gone: amountOf(going), condemned: amountOf(waiting) };
  const names = new Set(unneeded.map(nameOf));
  const acquitted = [...known.values()].filter((each) => each.family === family && !names.has(nameOf(each)));
  await condemned.keep(acquitted, now);
  await condemned.condemn(unneeded, now);
  return { family, gone: amountOf(await removeAll(context, going, plan.settled)), condemned: amountOf(waiting) };
}

/** What is younger than that is nobody's concern yet, and mostly about to be needed. */
async function unneededOf(
  { sweep }: ServerContext,
  { needed, settled }: ContentPlan,
  family: ContentFamily,
): Promise<readonly StoredContent[]> {
  const found: StoredContent[] = [];
  for await (const part of sweep.list(family)) {
    found.push(...part.filter(({ digest, storedAt }) => !needed.has(digest) && storedAt <= settled));
  }
  return found;
}

/** @returns what was removed: not what somebody has asked for meanwhile, or another collection is removing */
async function removeAll(
  { metadata: { condemned }, sweep, now }: ServerContext,
  going: readonly StoredContent[],
  settled: number,
): Promise<readonly StoredContent[]> {
  const removed: StoredContent[] = [];
  for (let start = 0; start < going.length; start += BATCH) {
    const batch = going.slice(start, start + BATCH);
    const until = now() + LEASE_MS;
    const taken = await condemned.take(batch, { condemnedBefore: settled + 1, now: now(), until });
    // A process that was stopped in between may have lost what it took.
    if (now() > until - LEASE_MS / 2) continue;
    await sweep.remove(taken);
    await condemned.gone(taken, until);
    const names = new Set(taken.map(nameOf));
    removed.push(...batch.filter((content) => names.has(nameOf(content))));
  }
  return removed;
}

function amountOf(contents: readonly StoredContent[]): Amount {
  return { count: contents.length, bytes: contents.reduce((sum, { bytes }) => sum + bytes, 0) };
}

function nameOf({ family, digest }: ContentKey): string {
  return `${family} ${digest}`;
}
