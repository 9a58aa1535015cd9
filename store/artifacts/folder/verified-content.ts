import { lstat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Digest } from '../../../ir/digest.ts';
import { ArtifactError } from '../artifact-store.ts';
import { digestOfContent, filesIn } from './content.ts';
import { codeOf } from './storage-error.ts';

/** What this process has verified. Content counts as the same while size, time of change and inode do. */
export class VerifiedContent {
  readonly #signatures = new Map<string, string>();
  readonly #underWay = new Map<string, Promise<void>>();

  /** @throws ArtifactError `missing` or `corrupt`. */
  check(path: string, digest: Digest): Promise<void> {
    const underWay = this.#underWay.get(path);
    if (underWay) return underWay;
    const check = this.#verify(path, digest).finally(() => this.#underWay.delete(path));
    this.#underWay.set(path, check);
    return check;
  }

  async stateOf(path: string, digest: Digest): Promise<'whole' | 'missing' | 'corrupt'> {
    try {
      await this.check(path, digest);
      return 'whole';
    } catch (error) {
      if (error instanceof ArtifactError && (error.kind === 'missing' || error.kind === 'corrupt')) return error.kind;
      throw error;
    }
  }

  async exists(path: string): Promise<boolean> {
    try {
      await lstat(path);
      return true;
    } catch (error) {
      if (codeOf(error) === 'ENOENT') return false;
      throw error;
    }
  }

  async #verify(path: string, digest: Digest): Promise<void> {
    try {
      const before = await signatureOf(path);
      if (this.#signatures.get(path) === before) return;
      const found = await digestOfContent(path);
      if (found !== digest) throw corrupt(path, digest, found);
      this.#signatures.set(path, before);
    } catch (error) {
      throw codeOf(error) === 'ENOENT' ? missing(path, digest) : error;
    }
  }
}

async function signatureOf(path: string): Promise<string> {
  if (!(await lstat(path)).isDirectory()) return signatureOfFile(path);
  const files = await filesIn(path);
  const signatures = await Promise.all(files.map((file) => signatureOfFile(join(path, file))));
  return files.map((file, index) => `${file} ${signatures[index]}`).join('\n');
}

async function signatureOfFile(path: string): Promise<string> {
  const { size, mtimeNs, ino } = await lstat(path, { bigint: true });
  return `${size} ${mtimeNs} ${ino}`;
}

function missing(path: string, digest: Digest): ArtifactError {
  return new ArtifactError(
    'missing',
    `Artifact ${digest} is not at ${path}: it was removed, or another store holds it. Restore it, or run the task that makes it again.`,
  );
}

function corrupt(path: string, digest: Digest, found: Digest): ArtifactError {
  return new ArtifactError(
    'corrupt',
    `Artifact ${digest} at ${path} was changed: its digest is ${found}. Remove it, and the next run that needs it makes it again; or restore it from a backup.`,
  );
}
