import type { ApiClient, UpdateTrigger } from '../../server/client.ts';
import { CliError, EXIT } from '../cli-error.ts';
import { momentText } from '../output/durations.ts';
import { type FormatOptions, formatOf } from '../output/format-option.ts';
import { moreText } from '../output/more-text.ts';
import { print } from '../output/print.ts';
import { table } from '../output/table.ts';
import { parseAssignments } from '../params/assignments.ts';
import { findPlace, type PlaceOptions } from '../place.ts';
import { withApi } from '../system/with-api.ts';
import { type PriorityOptions, priorityIn } from './priority-option.ts';
import { named, versionOf } from './schedule-changes.ts';
import { type SourceOptions, sourceOf } from './trigger-source.ts';
import { sourceText, triggerText } from './trigger-text.ts';

type Common = PlaceOptions & FormatOptions;

interface SettingOptions extends Common, SourceOptions, PriorityOptions {
  readonly where?: string;
  readonly bind?: readonly string[];
  readonly partition?: string;
  readonly param?: readonly string[];
  readonly version?: string;
  readonly note?: string;
}

export async function listTriggers(options: Common & { readonly cursor?: string }): Promise<void> {
  const page = options.cursor === undefined ? {} : { cursor: options.cursor };
  const triggers = await withApi(findPlace(options), (client) => client.triggers(page));
  await print(formatOf(options), triggers, () => {
    if (triggers.items.length === 0) return 'No triggers. Make one: millrace triggers create NAME PIPELINE --on …';
    const rows = triggers.items.map(({ trigger, look }) => [
      ...[trigger.name, trigger.pipeline, trigger.paused ? 'paused' : 'active'],
      ...[sourceText(trigger.spec.on), look?.failure ?? trigger.note ?? '-'],
    ]);
    const more = moreText('millrace triggers list', {}, triggers.cursor);
    return table(['TRIGGER', 'STARTS', 'STATE', 'WHEN', 'NOTE'], rows) + more;
  });
}

export async function getTrigger(name: string, options: Common): Promise<void> {
  const state = await withApi(findPlace(options), (client) => client.trigger(name));
  await print(formatOf(options), state, () => triggerText(state));
}

export async function createTrigger(
  name: string,
  pipeline: string,
  options: SettingOptions & { readonly paused?: boolean },
): Promise<void> {
  const on = sourceOf(options);
  if (on === undefined) {
    throw new CliError(EXIT.badInput, `What is trigger ${name} to wait for?`, {
      next: `For instance: millrace triggers create ${name} ${pipeline} --on runEnded --of OTHER`,
    });
  }
  const created = await withApi(findPlace(options), async (client) => {
    const version = versionOf(options.version) ?? null;
    const params = await named(client, pipeline, version, options.param ?? []);
    const { paused = false } = options;
    return client.createTrigger({ name, pipeline, version, params, on, paused, ...settingsOf(options) });
  });
  const secret = created.secret === null ? '' : `\n\nIts secret, which is shown this once: ${created.secret}`;
  await print(formatOf(options), created, () => `${triggerText(created)}${secret}`);
}

export async function updateTrigger(name: string, options: SettingOptions): Promise<void> {
  const on = sourceOf(options);
  const state = await withApi(findPlace(options), async (client) => {
    const { trigger } = await client.trigger(name);
    const version = versionOf(options.version);
    const target = version === undefined ? trigger.version : version;
    const given = options.param && (await named(client, trigger.pipeline, target, options.param));
    return client.updateTrigger(name, {
      generation: trigger.generation,
      ...(on === undefined ? {} : { on }),
      ...(version === undefined ? {} : { version }),
      ...(given === undefined ? {} : { params: { ...trigger.params, ...given } }),
      ...settingsOf(options),
    });
  });
  await print(formatOf(options), state, () => triggerText(state));
}

/** What was given, and nothing else. */
function settingsOf({
  where,
  bind,
  partition,
  note,
  ...options
}: SettingOptions): Pick<UpdateTrigger, 'where' | 'bind' | 'partition' | 'note' | 'priority'> {
  return {
    ...priorityIn(options),
    ...(where === undefined ? {} : { where: where === 'none' ? null : where }),
    ...(bind === undefined ? {} : { bind: Object.fromEntries(parseAssignments(bind)) }),
    ...(partition === undefined ? {} : { partition }),
    ...(note === undefined ? {} : { note }),
  };
}

export async function pauseTrigger(
  name: string,
  verb: 'pause' | 'unpause',
  options: Common & { readonly note?: string },
): Promise<void> {
  const change = (client: ApiClient) => client.pauseTrigger(name, verb, options.note ?? null);
  const state = await withApi(findPlace(options), change);
  await print(formatOf(options), state, () => triggerText(state));
}

export async function deleteTrigger(name: string, options: Common): Promise<void> {
  const state = await withApi(findPlace(options), (client) => client.removeTrigger(name));
  await print(
    formatOf(options),
    state,
    () => `Trigger ${name} is deleted. What it did stays: millrace triggers history ${name}`,
  );
}

export async function listHistory(
  name: string,
  options: Common & { readonly cursor?: string; readonly changes?: boolean },
): Promise<void> {
  const page = options.cursor === undefined ? {} : { cursor: options.cursor };
  if (options.changes === true) return listChanges(name, page, options);
  const firings = await withApi(findPlace(options), (client) => client.firings(name, page));
  await print(formatOf(options), firings, () => {
    const rows = firings.items.map((each) => [
      ...[momentText(each.eventAt), each.key, each.outcome, each.runId ?? '-', each.reason ?? '-'],
    ]);
    const text = rows.length === 0 ? `Trigger ${name} has not fired.` : table(FIRED, rows);
    return text + moreText(`millrace triggers history ${name}`, {}, firings.cursor);
  });
}

const FIRED = ['EVENT (UTC)', 'KEY', 'OUTCOME', 'RUN', 'WHY'];

async function listChanges(name: string, page: { readonly cursor?: string }, options: Common): Promise<void> {
  const changes = await withApi(findPlace(options), (client) => client.triggerChanges(name, page));
  await print(formatOf(options), changes, () => {
    const rows = changes.items.map(({ updatedAt, generation, change, updatedBy, note }) => [
      ...[momentText(updatedAt), `${generation}`, change, updatedBy, note ?? '-'],
    ]);
    const text = table(['CHANGED (UTC)', 'GENERATION', 'CHANGE', 'BY', 'NOTE'], rows);
    return text + moreText(`millrace triggers history ${name} --changes`, {}, changes.cursor);
  });
}
