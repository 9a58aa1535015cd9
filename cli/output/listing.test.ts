import { afterEach, expect, it, vi } from 'vitest';
import { stringify } from 'yaml';
import { listing } from './listing.ts';

const ITEMS = [
  { path: 'a', lines: [{ text: 'one\ntwo: "three"' }], none: null },
  { path: 'b[0]', lines: [], none: null },
  { path: '- c', lines: [{ text: '' }], none: null },
];

async function printed(format: 'json' | 'yaml' | 'table', pages: readonly (readonly { path: string }[])[]) {
  const spy = vi.spyOn(process.stdout, 'write').mockReturnValue(true);
  const list = listing<{ path: string }>(format, 'items', ({ path }) => `${path}\n`);
  for (const page of pages) await list.add(page);
  await list.end();
  const text = spy.mock.calls.map(([piece]) => String(piece)).join('');
  spy.mockRestore();
  return text;
}
afterEach(() => vi.restoreAllMocks());

it.each([
  ['by one page', [ITEMS]],
  ['by several', [ITEMS.slice(0, 1), [], ITEMS.slice(1)]],
  ['with nothing in it', [[]]],
])('a list that comes %s is printed as the whole document would be', async (_, pages) => {
  const document = { items: pages.flat() };
  expect(await printed('json', pages)).toBe(`${JSON.stringify(document, null, 2)}\n`);
  expect(await printed('yaml', pages)).toBe(stringify(document));
  expect(await printed('table', pages)).toBe(document.items.map(({ path }) => `${path}\n`).join(''));
});

it('waits for its reader before it takes more', async () => {
  const spy = vi.spyOn(process.stdout, 'write').mockReturnValue(false);
  let isTaken = false;
  const taken = listing<string>('table', 'items', (item) => item)
    .add(['much'])
    .then(() => {
      isTaken = true;
    });
  await new Promise(setImmediate);
  expect(isTaken).toBe(false);
  process.stdout.emit('drain');
  await taken;
  expect(spy).toHaveBeenCalledOnce();
});
