import type { ContentKey, StoredContent } from '../artifacts/stored-content.ts';

/** Content that nothing needed when a collection looked, and since when it has been so. */
export interface Condemned extends ContentKey {
  readonly bytes: number;
  readonly condemnedAt: number;
}

/**
 * The way of content out of the store. It is condemned, and goes in a later look, if nobody has put it or asked for it
 * meanwhile. What is being removed is taken for not there; who takes it has to be done before its lease ends.
 */
export interface CondemnedTable {
  /** What is condemned already keeps its time. */
  condemn(contents: readonly StoredContent[], at: number): Promise<void>;
  list(): Promise<readonly Condemned[]>;
  /**
   * Acquits content, whether it was condemned or not.
   *
   * @returns false while some of it is being removed
   */
  keep(contents: readonly ContentKey[], now: number): Promise<boolean>;
  /**
   * Takes, of these, what was condemned before a time and what another removal has not taken, to be removed until the lease
   * ends. Its rows stay, for those who come meanwhile, until `gone`.
   */
  take(
    contents: readonly ContentKey[],
    lease: { readonly condemnedBefore: number; readonly now: number; readonly until: number },
  ): Promise<readonly ContentKey[]>;
  /** Says of what was taken with this lease that it is removed. */
  gone(contents: readonly ContentKey[], until: number): Promise<void>;
}
