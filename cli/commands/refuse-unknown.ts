import type { Command } from 'commander';
import { nearestName } from '../../ir/nearest-name.ts';

/**
 * Has a word that is no command refused with the commands that there are. Where one of them is the default, commander
 * would take the word for that one's argument.
 */
export function refuseUnknown(group: Command): Command {
  group.on('command:*', ([word = '']: readonly string[]) => refuse(group, word));
  return group.hook('preSubcommand', ({ args: [word] }) => {
    if (word === undefined || word.startsWith('-') || namesOf(group).includes(word)) return;
    refuse(group, word);
  });
}

function refuse(group: Command, word: string): never {
  const names = namesOf(group);
  const near = nearestName(word, names);
  const meant = near === null ? '' : ` Did you mean ${near}?`;
  return group.error(`error: '${word}' is no command of ${pathOf(group)}.${meant}\n  It has ${names.join(', ')}.`, {
    code: 'commander.unknownCommand',
  });
}

function namesOf(group: Command): readonly string[] {
  return [...group.commands.map((command) => command.name()), 'help'];
}

function pathOf(command: Command): string {
  return command.parent === null ? command.name() : `${pathOf(command.parent)} ${command.name()}`;
}
