import { readdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { Command } from 'commander';

const COMMANDS = resolve(import.meta.dirname, '../../cli/commands');

/** The command line's parser, put together of what cli/commands/ exports. Nothing in it is run. */
export async function commandLine(): Promise<Command> {
  const program = new Command('millrace').option('-V, --version');
  const files = readdirSync(COMMANDS).filter((name) => name.endsWith('.ts') && !name.endsWith('.test.ts'));
  for (const file of files) {
    const exported = (await import(join(COMMANDS, file))) as Record<string, unknown>;
    for (const [name, make] of Object.entries(exported)) {
      if (!name.endsWith('Command') || typeof make !== 'function') continue;
      const command: unknown = make();
      if (command instanceof Command) program.addCommand(command);
    }
  }
  return program;
}

/** Words that stand for something in a line of a page: `FILE`, `[FOLDER]`, `…`. */
const PLACEHOLDER = /^[[<].*|^[A-Z][A-Z_]*$|…|\.\.\.$/;

/** What the parser would not take of a command line as a page shows it; null when there is nothing. */
export function unknownIn(program: Command, line: string): string | null {
  const words = wordsOf(line).slice(1);
  let command = program;
  let positionals = 0;
  for (let at = 0; at < words.length; at++) {
    const word = words[at] ?? '';
    if (PLACEHOLDER.test(word) && command === program) return null;
    if (word.startsWith('-')) {
      const option = optionOf(command, word.split('=')[0] ?? '');
      if (option === 'help') continue;
      if (!option) return `'${command.name()}' has no option ${word}`;
      if (option.required && !word.includes('=')) at++;
      continue;
    }
    const inner: Command | undefined =
      positionals === 0 ? command.commands.find((candidate) => candidate.name() === word) : undefined;
    if (inner) command = inner;
    else if (command === program) return `there is no command '${word}'`;
    else positionals++;
  }
  const known = command.registeredArguments;
  if (positionals > known.length && !known.some((argument) => argument.variadic)) {
    return `'${command.name()}' takes ${known.length} words, and ${positionals} are given`;
  }
  return null;
}

function optionOf(command: Command, flag: string) {
  if (flag === '--help' || flag === '-h') return 'help';
  return command.options.find((option) => option.long === flag || option.short === flag);
}

/** Up to a comment, a pipe or the next command; quotes hold words together. */
function wordsOf(line: string): readonly string[] {
  const words = line.match(/'[^']*'|"[^"]*"|\S+/g) ?? [];
  const end = words.findIndex((word) => /^(#|\||>|&&|;)/.test(word));
  return end === -1 ? words : words.slice(0, end);
}
