import { Command, InvalidArgumentError } from 'commander';
import { withFormat } from '../output/format-option.ts';
import { withPlace } from '../place.ts';
import type * as handlers from './pools-handlers.ts';

const load = (): Promise<typeof handlers> => import('./pools-handlers.ts');

export function poolsCommand(): Command {
  const list = new Command('list')
    .description('what is limited, how much of it is taken, and how many wait')
    .option('--cursor <cursor>', 'go on after the page that gave it');
  const get = new Command('get').description('who has the slots of a pool, and who waits for them').argument('<name>');
  const set = new Command('set')
    .description('make a pool, or make it larger or smaller; 0 lets nothing more through')
    .argument('<name>', 'as steps name it; queue:NAME for all tasks of a queue, pipeline:NAME for its runs')
    .argument('<slots>', 'how many there are', slotCount);
  const remove = new Command('delete').description('remove a pool that nobody uses').argument('<name>');
  withFormat(withPlace(list)).action(async (options) => (await load()).listPools(options));
  withFormat(withPlace(get)).action(async (name, options) => (await load()).getPool(name, options));
  withFormat(withPlace(set)).action(async (name, slots, options) => (await load()).setPool(name, slots, options));
  withFormat(withPlace(remove)).action(async (name, options) => (await load()).deletePool(name, options));
  return new Command('pools')
    .description('limit what runs at once: set, list, read and delete pools of slots')
    .addCommand(list, { isDefault: true })
    .addCommand(get)
    .addCommand(set)
    .addCommand(remove);
}

const MOST_SLOTS = 1_000_000;

function slotCount(text: string): number {
  const count = Number(text);
  if (text.trim() !== '' && Number.isInteger(count) && count >= 0 && count <= MOST_SLOTS) return count;
  throw new InvalidArgumentError('It says how many slots there are, a whole number from 0 to 1000000.');
}
