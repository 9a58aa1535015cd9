import { Command } from 'commander';
import { withFormat } from '../output/format-option.ts';
import { withPlace } from '../place.ts';
import type * as handlers from './secrets-handlers.ts';

const load = (): Promise<typeof handlers> => import('./secrets-handlers.ts');

export function secretsCommand(): Command {
  const list = new Command('list').description(
    'the secrets that are stored: names, versions, when and by whom; never values',
  );
  const set = new Command('set')
    .description('store a value, as a new version; it is asked for, or read from standard input')
    .argument('<name>', "as steps name it: secret('NAME')");
  const reseal = new Command('reseal').description(
    'seal every value with the first key of the key file, once each process has it beside the old one',
  );
  const remove = new Command('delete').description('forget the values of all versions').argument('<name>');
  withFormat(withPlace(list)).action(async (options) => (await load()).listSecrets(options));
  withFormat(withPlace(set)).action(async (name, options) => (await load()).setSecret(name, options));
  withFormat(withPlace(reseal)).action(async (options) => (await load()).resealSecrets(options));
  withFormat(withPlace(remove)).action(async (name, options) => (await load()).deleteSecret(name, options));
  return new Command('secrets')
    .description('set, list, reseal and delete secrets of a project; their values are read by tasks alone')
    .addCommand(list, { isDefault: true })
    .addCommand(set)
    .addCommand(reseal)
    .addCommand(remove);
}
