import { Command } from 'commander';

export function compileCommand(): Command {
  return new Command('compile')
    .description('write a pipeline file as IR, with its code beside it')
    .argument('<file>', 'a pipeline.ts whose default export is a pipeline')
    .option('-o, --output <file>', 'where to (default: FILE with .json in place of its ending)')
    .addHelpText('after', '\nThe code goes to a folder beside it, NAME.blobs; `millrace run NAME.json` takes both.')
    .action(async (file: string, options: { output?: string }) => {
      const { compileToFile } = await import('../submit/compile-to-file.ts');
      await compileToFile(file, options.output);
    });
}
