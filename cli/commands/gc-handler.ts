import { parseDuration } from '../../ir/duration.ts';
import type { Collect, Collection } from '../../server/client.ts';
import { CliError, EXIT } from '../cli-error.ts';
import { type FormatOptions, formatOf } from '../output/format-option.ts';
import { print } from '../output/print.ts';
import { table } from '../output/table.ts';
import { findPlace, type PlaceOptions } from '../place.ts';
import { withApi } from '../system/with-api.ts';

export interface GcOptions extends PlaceOptions, FormatOptions {
  readonly keepRuns?: string;
  readonly keepLogs?: string;
  readonly keepArtifacts?: string;
  readonly keepEvents?: string;
  readonly pipeline?: string;
  readonly grace?: string;
  readonly dryRun?: boolean;
}

export async function collect(options: GcOptions): Promise<void> {
  const order = orderOf(options);
  const collection = await withApi(findPlace(options), (client) => client.collect(order));
  await print(formatOf(options), collection, () => collectionText(collection));
}

function orderOf({
  keepRuns,
  keepLogs,
  keepArtifacts,
  keepEvents,
  pipeline,
  grace,
  dryRun = false,
}: GcOptions): Collect {
  return {
    dryRun,
    ...(keepRuns === undefined ? {} : { runs: keepRuns }),
    ...(keepLogs === undefined ? {} : { logs: keepLogs }),
    ...(keepArtifacts === undefined ? {} : { artifacts: keepArtifacts }),
    ...(keepEvents === undefined ? {} : { events: keepEvents }),
    ...(pipeline === undefined ? {} : { pipeline }),
    ...(grace === undefined ? {} : { graceMs: graceOf(grace) }),
  };
}

function graceOf(text: string): number {
  try {
    return Math.ceil(parseDuration(text));
  } catch (cause) {
    if (!(cause instanceof RangeError)) throw cause;
    throw new CliError(EXIT.badInput, `--grace is '${text}', which is no length of time.`, {
      next: "Write a number and a unit, as in '24h' or '30m'.",
    });
  }
}

export function collectionText({ dryRun, runs, logs, results, events, content, payloadsLeft }: Collection): string {
  const rows = [
    ['runs', `${runs.length}`, '', '', ''],
    ['logs', `${logs.chunks}`, sizeText(logs.bytes), '', ''],
    ['results', `${results}`, '', '', ''],
    ['events', `${events}`, '', '', ''],
    ...content.map(({ family, gone, condemned }) => [
      ...[family, `${gone.count}`, sizeText(gone.bytes), `${condemned.count}`, sizeText(condemned.bytes)],
    ]),
  ];
  const notes = [
    ...(content.some(({ condemned }) => condemned.count > 0) ? [LATER] : []),
    ...(payloadsLeft === null ? [] : [`Payloads are left alone: ${payloadsLeft}`]),
    ...(dryRun ? ['Nothing was changed. Do it by the same command without --dry-run.'] : []),
  ];
  return [table(['KIND', dryRun ? 'WOULD GO' : 'GONE', 'SIZE', 'LATER', 'SIZE'], rows), ...notes].join('\n');
}

const LATER =
  'What goes later is needed by nothing. A collection after the grace takes it, once all that went on today has ended.';

/** Bytes as people say them: `512 B`, `1.5 MB`. */
function sizeText(bytes: number): string {
  const unit = UNITS.findIndex((_, index) => bytes < 1_000 ** (index + 1));
  if (unit === 0) return `${bytes} B`;
  const power = unit === -1 ? UNITS.length - 1 : unit;
  return `${(bytes / 1_000 ** power).toFixed(1)} ${UNITS[power]}`;
}

const UNITS = ['B', 'kB', 'MB', 'GB', 'TB'];
