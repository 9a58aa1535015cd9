import { type FormatOptions, formatOf } from '../output/format-option.ts';
import { print } from '../output/print.ts';
import { table } from '../output/table.ts';
import { findPlace, type PlaceOptions } from '../place.ts';
import { loadPipeline } from '../submit/load-pipeline.ts';
import { uploadPipeline } from '../submit/upload-pipeline.ts';
import { withApi } from '../system/with-api.ts';
import { sourceText } from './trigger-text.ts';

/** Registers what is in the file, and makes its triggers what it says. They start that version, unless `latest` is asked for. */
export async function applyTriggers(
  file: string,
  options: PlaceOptions & FormatOptions & { readonly version?: 'latest' },
): Promise<void> {
  const loaded = await loadPipeline(file);
  const latest = options.version === 'latest';
  const applied = await withApi(
    findPlace(options),
    async (client) => client.applyTriggers({ ...named(await uploadPipeline(client, loaded)), latest }),
    { writes: true },
  );
  await print(formatOf(options), applied, () => {
    if (applied.items.length === 0) return `Pipeline ${loaded.compiled.ir.name} in ${file} has no triggers.`;
    const rows = applied.items.map(({ change, trigger }) => [trigger.name, change, sourceText(trigger.spec.on)]);
    const secrets = applied.items.flatMap(({ trigger, secret }) =>
      secret === null ? [] : [`The secret of ${trigger.name}, which is shown this once: ${secret}`],
    );
    return [table(['TRIGGER', 'CHANGE', 'WHEN'], rows), ...secrets].join('\n\n');
  });
}

const named = ({ pipeline, version }: { readonly pipeline: string; readonly version: number }) => ({
  pipeline,
  version,
});
