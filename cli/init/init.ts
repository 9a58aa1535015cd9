import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { basename, dirname, join, relative, resolve } from 'node:path';
import { CliError, EXIT } from '../cli-error.ts';
import { makeFolder } from '../make-folder.ts';
import { installation } from './installation.ts';
import { orders } from './orders.ts';
import { pipelineSource } from './pipeline-source.ts';

/** `millrace init`: a folder with a pipeline that runs as it is. Nothing that is there is written over. */
export async function init(folder: string): Promise<void> {
  const target = resolve(folder);
  const files = projectFiles(packageName(target));
  const inTheWay = Object.keys(files).filter((name) => existsSync(join(target, name)));
  if (inTheWay.length > 0) {
    throw new CliError(EXIT.badInput, `${target} has ${inTheWay.join(', ')} already, and init writes over nothing.`, {
      next: 'Name an empty folder: `millrace init my-pipeline`.',
    });
  }
  for (const [name, text] of Object.entries(files)) {
    makeFolder(dirname(join(target, name)), 'Name another folder: `millrace init FOLDER`.');
    await writeFile(join(target, name), text);
  }
  const ignore = join(target, '.gitignore');
  if (!existsSync(ignore)) await writeFile(ignore, 'node_modules/\n.millrace/\n');
  const there = relative(process.cwd(), target);
  const steps = [
    ...(there === '' ? [] : [`cd ${shellWord(there)}`]),
    'npm install',
    'npx millrace run pipeline.ts --local',
  ];
  process.stdout.write(`Made ${Object.keys(files).join(', ')} in ${target}.\nNext:\n  ${steps.join('\n  ')}\n`);
}

/** As a shell has to be given it. */
function shellWord(text: string): string {
  return /^[\w./-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}

function packageName(target: string): string {
  const name = basename(target)
    .toLowerCase()
    .replaceAll(/[^a-z0-9._-]+/g, '-')
    .replace(/^[._-]+/, '');
  return name === '' || name === 'millrace' ? 'my-pipeline' : name;
}

function projectFiles(name: string): Readonly<Record<string, string>> {
  const { millrace, zod, typescript, nodeTypes } = installation();
  return {
    'package.json': json({
      name,
      private: true,
      type: 'module',
      scripts: { run: 'millrace run pipeline.ts --local', check: 'tsc' },
      dependencies: { millrace, zod },
      devDependencies: { '@types/node': nodeTypes, typescript },
    }),
    'tsconfig.json': json({
      compilerOptions: {
        target: 'es2023',
        module: 'nodenext',
        strict: true,
        noEmit: true,
        skipLibCheck: true,
        allowImportingTsExtensions: true,
        types: ['node'],
      },
      include: ['*.ts'],
    }),
    'pipeline.ts': pipelineSource,
    'orders.csv': orders(),
    'README.md': readme(name),
  };
}

function json(value: unknown): string {
  return `${JSON.stringify(value, null, 2)}\n`;
}

function readme(name: string): string {
  return `# ${name}

A Millrace pipeline of three steps: \`load\` reads orders.csv, \`summarise\` adds up each customer's orders, and
\`best\` picks the customers worth a letter.

    npm install
    npx millrace run pipeline.ts --local              # in one process
    npx millrace run pipeline.ts --local atLeast=600  # with another parameter; what has not changed is cached
    npx millrace up --detach                          # Temporal, API, workers and serving on this machine
    npx millrace run pipeline.ts                      # the same pipeline, durably
    npx millrace runs list

\`npx tsc\` checks the pipeline's types: try giving a step's output to a step that wants something else.
`;
}
