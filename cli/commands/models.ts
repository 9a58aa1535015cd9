import { Command } from 'commander';
import { withFormat } from '../output/format-option.ts';
import { withPlace } from '../place.ts';
import type * as handlers from './models-handlers.ts';

const load = (): Promise<typeof handlers> => import('./models-handlers.ts');

export function modelsCommand(): Command {
  const list = new Command('list').description('the models of the registry');
  const get = new Command('get')
    .description('versions, aliases and history of a model')
    .argument('<model>')
    .option('--cursor <cursor>', 'versions after the page that gave it');
  const history = new Command('history')
    .description('where the aliases of a model stood, newest first')
    .argument('<model>')
    .option('--cursor <cursor>', 'go on after the page that gave it');
  withFormat(withPlace(list)).action(async (options) => (await load()).listModels(options));
  withFormat(withPlace(get)).action(async (model, options) => (await load()).getModel(model, options));
  withFormat(withPlace(history)).action(async (model, options) => (await load()).listHistory(model, options));
  return new Command('models')
    .description('list and read registered models')
    .addCommand(list, { isDefault: true })
    .addCommand(get)
    .addCommand(history);
}
