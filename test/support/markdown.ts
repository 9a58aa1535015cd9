import { readdirSync, readFileSync } from 'node:fs';
import { join, relative, sep } from 'node:path';

/** A block between fences, or of indented lines. */
export interface CodeBlock {
  /** The word after the opening fence; '' for indented lines. */
  readonly language: string;
  /** Of the block's first line of text, from 1. */
  readonly line: number;
  readonly text: string;
}

export interface Page {
  /** From the repository's root, with `/`. */
  readonly path: string;
  readonly blocks: readonly CodeBlock[];
  /** What is no block of code, by line from 1. */
  readonly prose: readonly { readonly line: number; readonly text: string }[];
}

/** The Markdown files at the root and below `folders`. */
export function readPages(root: string, folders: readonly string[]): readonly Page[] {
  const isPage = (name: string) => name.endsWith('.md');
  const below = folders.flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' }).map((name) => join(folder, name)),
  );
  return [...readdirSync(root), ...below]
    .filter(isPage)
    .sort()
    .map((path) =>
      parsePage(relative(root, join(root, path)).split(sep).join('/'), readFileSync(join(root, path), 'utf8')),
    );
}

export function parsePage(path: string, text: string): Page {
  const blocks: CodeBlock[] = [];
  const prose: Page['prose'][number][] = [];
  let open: { language: string; line: number; lines: string[] } | null = null;
  const close = () => {
    if (open) blocks.push({ language: open.language, line: open.line, text: open.lines.join('\n') });
    open = null;
  };
  for (const [index, line] of text.split('\n').entries()) {
    const fence = /^```(\w*)/.exec(line);
    const isFenced = open !== null && open.language !== '';
    if (fence && isFenced) close();
    else if (fence) {
      close();
      open = { language: fence[1] || 'text', line: index + 2, lines: [] };
    } else if (isFenced) open?.lines.push(line);
    else if (line.startsWith('    ')) {
      open ??= { language: '', line: index + 1, lines: [] };
      open.lines.push(line.slice(4));
    } else {
      close();
      prose.push({ line: index + 1, text: line });
    }
  }
  close();
  return { path, blocks, prose };
}

/** The anchors of a page's headings, as GitHub makes them. */
export function anchorsOf({ prose }: Page): ReadonlySet<string> {
  const headings = prose.flatMap(({ text }) => /^#+ (.*)$/.exec(text)?.[1] ?? []);
  return new Set(
    headings.map((heading) =>
      heading
        .toLowerCase()
        .replaceAll(/[^\p{L}\p{N} _-]/gu, '')
        .replaceAll(' ', '-'),
    ),
  );
}
