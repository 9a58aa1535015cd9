import { Command } from 'commander';
import { type FormatOptions, withFormat } from '../output/format-option.ts';
import { type PlaceOptions, withPlace } from '../place.ts';

export function doctorCommand(): Command {
  const command = new Command('doctor').description('check what Millrace needs on this machine, and say what to do');
  return withFormat(withPlace(command)).action(async (options: PlaceOptions & FormatOptions) =>
    (await import('../doctor/doctor.ts')).doctor(options),
  );
}
