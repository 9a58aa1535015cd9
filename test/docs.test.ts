import { existsSync } from 'node:fs';
import { mkdtemp, readFile, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import type { Command } from 'commander';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { builtFile } from '../cli/testing/built-files.suite.ts';
import { compileFile } from '../code/compile-file.ts';
import { commandLine, unknownIn } from './support/check-command.ts';
import { checkTypes } from './support/check-types.ts';
import { anchorsOf, type Page, parsePage, readPages } from './support/markdown.ts';

const ROOT = resolve(import.meta.dirname, '..');
const pages = readPages(ROOT, ['docs', 'examples']);

/** A block that is a whole module of a user's. */
interface Example {
  readonly page: string;
  readonly line: number;
  readonly text: string;
}

function examplesIn({ path, blocks }: Page): readonly Example[] {
  return blocks
    .filter(({ language, text }) => language === 'ts' && /from 'millrace(\/\w+)?'/.test(text))
    .map(({ line, text }) => ({ page: path, line, text }));
}

const nameOf = ({ page, line }: Example) => `${page.replaceAll(/\W/g, '-')}-${line}.ts`;

/** The examples' mistakes, each with the page and line where it stands. */
function typeProblems(examples: readonly Example[]): readonly string[] {
  const modules = examples.map((example) => ({ name: nameOf(example), text: example.text }));
  return checkTypes(modules).map(({ module, line, message }) => {
    const example = examples.find((candidate) => nameOf(candidate) === module);
    return example ? `${example.page}:${example.line + line - 1}: ${message}` : `${module}:${line}: ${message}`;
  });
}

describe('examples in the docs', () => {
  const examples = pages.flatMap(examplesIn);
  const pipelines = examples.filter(({ text }) => text.includes('export default definePipeline('));
  let folder = '';
  beforeAll(async () => {
    builtFile('activities/steps.js');
    folder = await realpath(await mkdtemp(join(tmpdir(), 'millrace-docs-')));
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  it('has some on the pages where people look for them', () => {
    const found = new Set(pipelines.map(({ page }) => page));
    expect([...found]).toEqual(
      expect.arrayContaining(['README.md', 'docs/pipelines.md', 'docs/steps.md', 'docs/data.md', 'docs/serving.md']),
    );
  });

  it('type-checks them against the built package', () => {
    expect(typeProblems(examples)).toEqual([]);
  }, 60_000);

  it('names page and line of a mistake', () => {
    const text = "text\n\n```ts\nimport { sleep } from 'millrace';\nsleep('2 hrs');\n```\n";
    const problems = typeProblems(examplesIn(parsePage('docs/wrong.md', text)));
    expect(problems).toEqual([expect.stringMatching(/^docs\/wrong\.md:5: .*'"2 hrs"'/)]);
  }, 60_000);

  it.each(pipelines.map((example) => [`${example.page}:${example.line}`, example] as const))(
    'compiles the pipeline of %s',
    async (_, example) => {
      const file = join(folder, nameOf(example));
      await writeFile(file, example.text);
      const { compiled, warnings } = await compileFile(file);
      expect(warnings).toEqual([]);
      expect(compiled.ir.body.nodes.length).toBeGreaterThan(0);
    },
  );
});

describe('links in the docs', () => {
  const links = pages.flatMap((page) =>
    page.prose.flatMap(({ line, text }) =>
      [...text.matchAll(/\]\(([^()\s]+)\)/g)].map(([, target = '']) => ({ page, line, target })),
    ),
  );

  it('point at files and headings that are there', async () => {
    const broken: string[] = [];
    for (const { page, line, target } of links) {
      if (/^[a-z]+:/.test(target)) continue;
      const [path = '', anchor] = target.split('#');
      const file = path === '' ? join(ROOT, page.path) : resolve(ROOT, dirname(page.path), path);
      if (!existsSync(file)) broken.push(`${page.path}:${line}: there is no ${target}`);
      else if (anchor !== undefined && !anchorsOf(parsePage(path, await readFile(file, 'utf8'))).has(anchor)) {
        broken.push(`${page.path}:${line}: there is no heading for ${target}`);
      }
    }
    expect(links.length).toBeGreaterThan(20);
    expect(broken).toEqual([]);
  });
});

describe('commands in the docs', () => {
  let program: Command;
  let scripts: Readonly<Record<string, string>> = {};
  beforeAll(async () => {
    program = await commandLine();
    scripts = JSON.parse(await readFile(join(ROOT, 'package.json'), 'utf8')).scripts;
  });

  /** Lines of blocks, and what stands between backticks. */
  const shown = pages.flatMap(({ path, blocks, prose }) => [
    ...blocks
      .filter(({ language }) => ['', 'text', 'sh', 'bash'].includes(language))
      .flatMap(({ line, text }) => text.split('\n').map((words, index) => ({ at: `${path}:${line + index}`, words }))),
    ...prose.flatMap(({ line, text }) =>
      [...text.matchAll(/`([^`]+)`/g)].map(([, words = '']) => ({ at: `${path}:${line}`, words })),
    ),
  ]);

  it('are known to the command line', () => {
    const lines = shown.filter(({ words }) => /^(npx )?millrace [^─]/.test(words.trim()));
    const wrong = lines.flatMap(({ at, words }) => {
      const problem = unknownIn(program, words.trim().replace(/^npx /, ''));
      return problem ? [`${at}: ${problem} (${words.trim()})`] : [];
    });
    expect(lines.length).toBeGreaterThan(30);
    expect(wrong).toEqual([]);
  });

  it('are scripts that package.json has', () => {
    const names = shown.flatMap(({ at, words }) => {
      const name = /^npm run ([\w-]+)/.exec(words.trim())?.[1];
      return name ? [{ at, name }] : [];
    });
    expect(names.filter(({ name }) => !(name in scripts))).toEqual([]);
  });

  it('are refused where the parser does not know them', () => {
    expect(unknownIn(program, 'millrace run FILE name=1 other=2 --local')).toBeNull();
    expect(unknownIn(program, 'millrace runs get RUN --wach')).toContain('--wach');
    expect(unknownIn(program, 'millrace runs expound RUN')).not.toBeNull();
    expect(unknownIn(program, 'millrace rum FILE')).toContain("'rum'");
    expect(unknownIn(program, 'millrace models get one two')).toContain('takes 1');
  });
});
