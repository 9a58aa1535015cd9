import type { AppliedTriggers } from '../../server/client.ts';
import { CliError, EXIT } from '../cli-error.ts';
import { type FormatOptions, formatOf } from '../output/format-option.ts';
import { print } from '../output/print.ts';
import { table } from '../output/table.ts';
import { findPlace, type PlaceOptions } from '../place.ts';
import { loadPipeline } from '../submit/load-pipeline.ts';
import { uploadPipeline } from '../submit/upload-pipeline.ts';
import { withApi } from '../system/with-api.ts';
import { sourceText } from './trigger-text.ts';

/**
 * Registers what is in the file, and makes its triggers what it says. They start that version, unless `latest` is asked for.
 *
 * @throws CliError for triggers that could not be applied, after what was done is printed
 */
export async function applyTriggers(
  file: string,
  options: PlaceOptions & FormatOptions & { readonly version?: 'latest'; readonly prune?: boolean },
): Promise<void> {
  const loaded = await loadPipeline(file);
  const latest = options.version === 'latest';
  const { prune = false } = options;
  const applied = await withApi(
    findPlace(options),
    async (client) => client.applyTriggers({ ...named(await uploadPipeline(client, loaded)), latest, prune }),
    { writes: true },
  );
  await print(formatOf(options), applied, () => {
    const { items, failures } = applied;
    const isEmpty = items.length === 0 && failures.length === 0;
    return isEmpty ? `Pipeline ${loaded.compiled.ir.name} in ${file} has no triggers.` : appliedText(applied);
  });
  const failure = failureOf(file, applied);
  if (failure !== null) throw failure;
}

const named = ({ pipeline, version }: { readonly pipeline: string; readonly version: number }) => ({
  pipeline,
  version,
});

/** What was applied, and the secrets that were made, for people. */
export function appliedText({ items, failures }: AppliedTriggers): string {
  const rows = [
    ...items.map(({ change, trigger }) => [trigger.name, change, sourceText(trigger.spec.on)]),
    ...failures.map(({ trigger }) => [trigger, 'failed', '-']),
  ];
  const secrets = items.flatMap(({ trigger, secret }) =>
    secret === null ? [] : [`The secret of ${trigger.name}, which is shown this once: ${secret}`],
  );
  const left = items.filter(({ change }) => change === 'left').map(({ trigger }) => trigger.name);
  const advice =
    left.length === 0 ? [] : [`The file has no ${left.join(', ')} any more; --prune deletes what it has not.`];
  return [table(['TRIGGER', 'CHANGE', 'WHEN'], rows), ...advice, ...secrets].join('\n\n');
}

/** Null where all were applied. */
export function failureOf(file: string, { failures }: AppliedTriggers): CliError | null {
  if (failures.length === 0) return null;
  const said = failures.map(({ trigger, message, next }) => `${trigger}: ${message}${next === null ? '' : ` ${next}`}`);
  const message = `${failures.length} of the triggers in ${file} could not be applied:\n${said.join('\n')}`;
  return new CliError(EXIT.runFailed, message, {
    next: `Mend what is said of them, and apply the file again: millrace triggers apply ${file}`,
  });
}
