import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { MetadataStore } from '../metadata/metadata-store.ts';
import { openSqliteMetadata } from '../metadata/sqlite/open-sqlite-metadata.ts';
import { sealingKey, unseal } from './seal.ts';
import type { KeyPlace } from './sealing-keys.ts';
import { storedSecrets } from './stored-secrets.ts';

const CANARY = 'canary-5f2c8e "\\é';
const newest = (secret: string, version: string | null = null) => ({ secret, version });
const key = (letter: string) => Buffer.from(letter.repeat(32)).toString('base64');

describe('stored secrets', () => {
  let home: string;
  let store: MetadataStore;
  let place: KeyPlace;
  beforeEach(async () => {
    home = await mkdtemp(join(tmpdir(), 'millrace-stored-'));
    store = await openSqliteMetadata({ file: join(home, 'metadata.sqlite'), project: 'default' });
    place = { kind: 'home', path: join(home, 'secrets.key') };
  });
  afterEach(async () => {
    await store.close();
    await rm(home, { recursive: true, force: true });
  });
  const open = (at: KeyPlace = place) => storedSecrets('default', store.secrets, at);

  it('come back in the version that is asked for, and in the newest', async () => {
    const stored = open();
    expect(await stored.set('api-key', 'one', 'ada')).toMatchObject({ name: 'api-key', version: 1, setBy: 'ada' });
    await stored.set('api-key', CANARY, 'eve');
    expect(await stored.resolve(newest('api-key'))).toEqual({ value: CANARY, version: '2' });
    expect(await stored.resolve(newest('api-key', '1'))).toEqual({ value: 'one', version: '1' });
    for (const version of ['0', '3', 'v1', '01']) expect(await stored.resolve(newest('api-key', version))).toBeNull();
    expect(await stored.resolve(newest('other'))).toBeNull();
  });

  it('are sealed by a key of the home that its user alone may read, and which is made once', async () => {
    await Promise.all(['a', 'b', 'c'].map((name) => open().set(name, CANARY, 'ada')));
    expect((await stat(join(home, 'secrets.key'))).mode & 0o777).toBe(0o600);
    expect((await readdir(home)).filter((name) => name.startsWith('secrets.key'))).toEqual(['secrets.key']);
    for (const name of ['a', 'b', 'c']) expect((await open().resolve(newest(name)))?.value).toBe(CANARY);
    const written = JSON.stringify(await store.secrets.get('a', null));
    expect(written).not.toContain('canary');
    expect(await open().holds()).toEqual({ variables: [], keys: [(await store.secrets.list())[0]?.keyId] });
  });

  it('get the versions 1 to n from many that set them at once', async () => {
    const set = await Promise.all(Array.from({ length: 6 }, (_, at) => open().set('k', `value ${at}`, 'ada')));
    expect(set.map(({ version }) => version).sort()).toEqual([1, 2, 3, 4, 5, 6]);
    for (const version of ['1', '6']) expect((await open().resolve(newest('k', version)))?.version).toBe(version);
  });

  it('do not open by another key, and say which they were sealed with', async () => {
    const first = { kind: 'text', text: key('a') } as const;
    const { keyId } = await open(first).set('k', CANARY, 'ada');
    const failed = open({ kind: 'text', text: key('b') }).resolve(newest('k'));
    await expect(failed).rejects.toThrow(`Version 1 of secret 'k' of project default was sealed with key ${keyId}`);
    await expect(failed).rejects.toThrow('millrace secrets set k');
    await expect(open({ kind: 'none' }).resolve(newest('k'))).rejects.toThrow('and this process has none');
  });

  it('open by the key before the newest, while a key is replaced', async () => {
    await open({ kind: 'text', text: key('a') }).set('k', 'old', 'ada');
    const both = open({ kind: 'text', text: `${key('b')}\n${key('a')}` });
    expect((await both.resolve(newest('k')))?.value).toBe('old');
    await both.set('k', 'new', 'ada');
    expect((await open({ kind: 'text', text: key('b') }).resolve(newest('k')))?.value).toBe('new');
  });

  it('are sealed anew by the new key, and need the old one no more; asked again, there is nothing to do', async () => {
    const old = open({ kind: 'text', text: key('a') });
    await old.set('k', 'one', 'ada');
    await old.set('k', CANARY, 'ada');
    const both = open({ kind: 'text', text: `${key('b')},${key('a')}` });
    await both.set('other', 'new', 'eve');
    const { id } = sealingKey(Buffer.from('b'.repeat(32)));
    expect(await both.reseal()).toEqual({ keyId: id, resealed: 2, left: 1, others: 0 });
    expect(await both.reseal()).toEqual({ keyId: id, resealed: 0, left: 3, others: 0 });
    const alone = open({ kind: 'text', text: key('b') });
    expect(await alone.resolve(newest('k', '1'))).toEqual({ value: 'one', version: '1' });
    expect(await alone.resolve(newest('k'))).toEqual({ value: CANARY, version: '2' });
    await expect(old.resolve(newest('k'))).rejects.toThrow(`was sealed with key ${id}`);
    expect((await alone.list()).map(({ setBy }) => setBy)).toEqual(['ada', 'ada', 'eve']);
  });

  it('are left as they are where one of them opens by no key, or was changed', async () => {
    await open({ kind: 'text', text: key('a') }).set('a', 'one', 'ada');
    await open({ kind: 'text', text: key('c') }).set('b', 'two', 'ada');
    const before = await store.secrets.all();
    const wrong = open({ kind: 'text', text: `${key('b')},${key('a')}` }).reseal();
    await expect(wrong).rejects.toThrow("Version 1 of secret 'b' of project default was sealed with key");
    const [row] = before;
    if (row === undefined) throw new Error('not stored');
    await store.secrets.add({ ...row, version: 7 });
    const changed = open({ kind: 'text', text: [key('b'), key('a'), key('c')].join() }).reseal();
    await expect(changed).rejects.toThrow("Version 7 of secret 'a' of project default does not open");
    expect((await store.secrets.all()).filter(({ version }) => version === 1)).toEqual(before);
  });

  it('do not open in another place, nor when their row was changed', async () => {
    const only = sealingKey(Buffer.from('a'.repeat(32)));
    await open({ kind: 'text', text: key('a') }).set('k', CANARY, 'ada');
    const row = await store.secrets.get('k', null);
    if (row === null) throw new Error('not stored');
    const at = { project: 'default', name: 'k', version: 1 };
    expect(unseal(row, at, only)).toBe(CANARY);
    for (const other of [{ project: 'x' }, { name: 'x' }, { version: 2 }]) {
      expect(unseal(row, { ...at, ...other }, only)).toBeNull();
    }
    const sealed = Buffer.from(row.sealed, 'base64');
    sealed[0] = (sealed[0] ?? 0) ^ 1;
    expect(unseal({ ...row, sealed: sealed.toString('base64') }, at, only)).toBeNull();
    expect(unseal({ ...row, sealed: '' }, at, only)).toBeNull();
    await store.secrets.add({ ...row, version: 2 });
    await expect(open({ kind: 'text', text: key('a') }).resolve(newest('k'))).rejects.toThrow('does not open');
  });

  it('are refused where there is no key, or one that is none', async () => {
    await expect(open({ kind: 'none' }).set('k', 'v', 'ada')).rejects.toThrow('openssl rand -base64 32');
    const missing = { kind: 'file', path: join(home, 'none') } as const;
    await expect(open(missing).set('k', 'v', 'ada')).rejects.toThrow('cannot be read (ENOENT)');
    await writeFile(join(home, 'bad'), 'too-short');
    const bad = open({ kind: 'file', path: join(home, 'bad') }).set('k', 'v', 'ada');
    await expect(bad).rejects.toThrow('a key is 32 bytes in base64');
    await expect(bad).rejects.not.toThrow('too-short');
  });

  it('refuse a name that would be one variable with another', async () => {
    await open().set('my-key', 'v', 'ada');
    await expect(open().set('my_key', 'v', 'ada')).rejects.toMatchObject({
      kind: 'conflict',
      message: expect.stringContaining('MILLRACE_SECRET_MY_KEY'),
    });
  });

  it('are forgotten when they are deleted, and go on with the next version', async () => {
    await open().set('k', CANARY, 'ada');
    await open().delete('k', 'eve');
    expect([await open().resolve(newest('k')), await open().list()]).toEqual([null, []]);
    expect(await open().set('k', 'again', 'ada')).toMatchObject({ version: 2 });
    expect(await open().resolve(newest('k', '1'))).toBeNull();
  });

  it('are in no file but the key and the sealed row', async () => {
    await open().set('k', CANARY, 'ada');
    for (const name of await readdir(home)) expect(await readFile(join(home, name), 'latin1')).not.toContain('canary');
  });
});
