import { once } from 'node:events';
import type { OutputFormat } from './format-option.ts';

/** A document of one list, printed as its items come, so that a list of any length takes no more memory than a page. */
export interface Listing<Item> {
  add(items: readonly Item[]): Promise<void>;
  /** Ends the document. One without items is printed here, and not before. */
  end(): Promise<void>;
}

/** Prints what `print` would of `{ [name]: items }`; for people, what `text` makes of each item. */
export function listing<Item>(format: OutputFormat, name: string, text: (item: Item) => string): Listing<Item> {
  if (format === 'table') return { add: (items) => write(items.map(text).join('')), end: async () => {} };
  return format === 'json' ? jsonListing(name) : yamlListing(name);
}

function jsonListing<Item>(name: string): Listing<Item> {
  let count = 0;
  return {
    async add(items) {
      for (const item of items) {
        const before = count++ === 0 ? `{\n  ${JSON.stringify(name)}: [` : ',';
        await write(`${before}\n    ${JSON.stringify(item, null, 2).replaceAll('\n', '\n    ')}`);
      }
    },
    end: () => write(count === 0 ? `${JSON.stringify({ [name]: [] }, null, 2)}\n` : '\n  ]\n}\n'),
  };
}

function yamlListing<Item>(name: string): Listing<Item> {
  let isBegun = false;
  return {
    async add(items) {
      if (items.length === 0) return;
      const { stringify } = await import('yaml');
      const [heading = '', ...lines] = stringify({ [name]: items }).split('\n');
      await write([...(isBegun ? [] : [heading]), ...lines].join('\n'));
      isBegun = true;
    },
    end: () => (isBegun ? Promise.resolve() : write(`${name}: []\n`)),
  };
}

/** Waits until who reads has taken it: else what they have not read yet would pile up here. */
async function write(text: string): Promise<void> {
  if (text !== '' && !process.stdout.write(text)) await once(process.stdout, 'drain');
}
