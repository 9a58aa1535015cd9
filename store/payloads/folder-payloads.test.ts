import { chmod, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import type { Digest } from '../../ir/digest.ts';
import { openFolderStore } from '../artifacts/folder-store.ts';
import { openFolderPayloads } from './folder-payloads.ts';
import { payloadStoreSuite } from './payload-store.suite.ts';

const pathOf = (root: string, project: string, digest: Digest) =>
  join(root, project, 'payloads', digest.slice(7, 9), digest.slice(9));

payloadStoreSuite('a folder', async () => {
  const root = await mkdtemp(join(tmpdir(), 'millrace-payloads-'));
  return {
    open: (project) => openFolderPayloads({ root, project }),
    lose: (project, digest) => rm(pathOf(root, project, digest)),
    damage: async (project, digest) => {
      await chmod(pathOf(root, project, digest), 0o644);
      await writeFile(pathOf(root, project, digest), 'damaged');
    },
    remove: () => rm(root, { recursive: true, force: true }),
  };
});

it('payloads lie beside the artifacts of a project and are none of them', async () => {
  const root = await mkdtemp(join(tmpdir(), 'millrace-payloads-'));
  const artifacts = await openFolderStore({ root, project: 'default' });
  const digest = await (await openFolderPayloads({ root, project: 'default' })).put(Buffer.from('bytes'));
  expect(await artifacts.hasBlob(digest)).toBe(false);
  expect(await readdir(join(root, 'default', 'incoming'))).toEqual([]);
  await rm(root, { recursive: true, force: true });
});

it('payloads cannot be opened for a project that leads out of their folder', async () => {
  await expect(openFolderPayloads({ root: tmpdir(), project: '..' })).rejects.toThrow("'..' cannot name a project");
});
