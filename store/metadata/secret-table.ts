/** A value that only a key opens. Nonce and sealed value are base64. */
export interface SealedValue {
  /** Names the key, and tells nothing of it. */
  readonly keyId: string;
  readonly nonce: string;
  readonly sealed: string;
}

/** What everybody may know of a version of a secret. */
export interface SecretVersion {
  readonly name: string;
  /** From 1; grows through deletions too, so that no number stands for two values. */
  readonly version: number;
  readonly keyId: string;
  /** Milliseconds since the epoch. */
  readonly setAt: number;
  readonly setBy: string;
}

export type StoredSecret = SecretVersion & SealedValue;

/** A version's value under another key. */
export interface ResealedVersion extends SealedValue {
  readonly name: string;
  readonly version: number;
  /** The nonce that was read: a version that was sealed anew since, by another, stays as it is. */
  readonly before: string;
}

/** The sealed secrets of a project. */
export interface SecretTable {
  /** @param version the newest where it is null. @returns null for what was deleted, too. */
  get(name: string, version: number | null): Promise<StoredSecret | null>;
  /** 0 where none was ever set. */
  lastVersion(name: string): Promise<number>;
  /** @returns null where the number is taken. */
  add(secret: StoredSecret): Promise<SecretVersion | null>;
  /** What has not been deleted, by name, the newest version first. */
  list(): Promise<readonly SecretVersion[]>;
  /** The values of all versions that have not been deleted. */
  all(): Promise<readonly StoredSecret[]>;
  /** All of them or, where that fails, none. Those that were deleted or changed since are left as they are. */
  reseal(versions: readonly ResealedVersion[]): Promise<void>;
  /** Forgets the values; who set and who deleted them stays. @throws MetadataError `notFound`. */
  delete(name: string, by: string): Promise<void>;
}
