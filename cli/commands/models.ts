import { Command } from 'commander';
import { withFormat } from '../output/format-option.ts';
import { withPlace } from '../place.ts';

export function modelsCommand(): Command {
  const list = new Command('list').description('the models of the registry');
  const get = new Command('get').description('versions, aliases and history of a model').argument('<model>');
  withFormat(withPlace(list)).action(async (options) => (await import('./models-handlers.ts')).listModels(options));
  withFormat(withPlace(get)).action(async (model, options) =>
    (await import('./models-handlers.ts')).getModel(model, options),
  );
  return new Command('models')
    .description('list and read registered models')
    .addCommand(list, { isDefault: true })
    .addCommand(get);
}
