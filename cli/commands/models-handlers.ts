import type { ModelDetail, ModelHistory } from '../../server/client.ts';
import { momentText } from '../output/durations.ts';
import { type FormatOptions, formatOf } from '../output/format-option.ts';
import { moreText } from '../output/more-text.ts';
import { print } from '../output/print.ts';
import { table } from '../output/table.ts';
import { findPlace, type PlaceOptions } from '../place.ts';
import { withApi } from '../system/with-api.ts';
import { endpointsOf, endpointTable } from './model-endpoints.ts';

type Common = PlaceOptions & FormatOptions;

export async function listModels(options: Common): Promise<void> {
  const models = await withApi(findPlace(options), (client) => client.models());
  await print(formatOf(options), models, () => {
    if (models.items.length === 0) return 'No models. A `promote` in a pipeline registers one.';
    const rows = models.items.map(({ model, versions, aliases }) => [
      model,
      String(versions),
      aliases.map(({ alias, version }) => `${alias} → v${version}`).join(', ') || '-',
    ]);
    return table(['MODEL', 'VERSIONS', 'ALIASES'], rows);
  });
}

export interface PageOptions extends Common {
  readonly cursor?: string;
}

export async function getModel(model: string, options: PageOptions): Promise<void> {
  const detail = await withApi(findPlace(options), async (client) => {
    const [found, endpoints] = await Promise.all([client.model(model, pageOf(options)), client.endpoints()]);
    return { ...found, endpoints: endpointsOf(model, endpoints) };
  });
  await print(formatOf(options), detail, () =>
    [
      versionTable(detail) + moreText(`millrace models get ${model}`, {}, detail.versions.cursor),
      endpointTable(model, detail.endpoints),
      historyTable(detail.history) + moreText(`millrace models history ${model}`, {}, detail.history.cursor),
    ].join('\n\n'),
  );
}

export async function listHistory(model: string, options: PageOptions): Promise<void> {
  const history = await withApi(findPlace(options), (client) => client.modelHistory(model, pageOf(options)));
  await print(
    formatOf(options),
    history,
    () => historyTable(history) + moreText(`millrace models history ${model}`, {}, history.cursor),
  );
}

function pageOf({ cursor }: PageOptions) {
  return cursor === undefined ? {} : { cursor };
}

function versionTable({ versions, aliases }: ModelDetail): string {
  const rows = versions.items.map((version) => [
    `v${version.version}`,
    aliases
      .filter((alias) => alias.version === version.version)
      .map((alias) => alias.alias)
      .join(', ') || '-',
    momentText(version.createdAt),
    version.createdBy,
    version.runId ?? '-',
  ]);
  return table(['VERSION', 'ALIASES', 'CREATED (UTC)', 'BY', 'RUN'], rows);
}

function historyTable(history: ModelHistory): string {
  if (history.items.length === 0) return 'No alias has moved yet.';
  const rows = history.items.map((move) => [
    momentText(move.at),
    move.alias,
    `${versionName(move.from)} → ${versionName(move.to)}`,
    move.by,
    move.reason,
  ]);
  return table(['MOVED (UTC)', 'ALIAS', 'VERSION', 'BY', 'REASON'], rows);
}

function versionName(version: number | null): string {
  return version === null ? 'none' : `v${version}`;
}
