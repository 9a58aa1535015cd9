import { dirname, resolve } from 'node:path';
import type { ApiClient, BackfillState, CreateBackfill } from '../../server/client.ts';
import { CliError, EXIT } from '../cli-error.ts';
import { momentText } from '../output/durations.ts';
import { type FormatOptions, formatOf } from '../output/format-option.ts';
import { moreText } from '../output/more-text.ts';
import { print } from '../output/print.ts';
import { section, shortened } from '../output/section.ts';
import { table } from '../output/table.ts';
import { parseAssignments } from '../params/assignments.ts';
import { collectParams } from '../params/collect-params.ts';
import { findPlace, type PlaceOptions } from '../place.ts';
import { loadPipeline } from '../submit/load-pipeline.ts';
import { isPipelineFile } from '../submit/pipeline-file.ts';
import { uploadPipeline } from '../submit/upload-pipeline.ts';
import { withApi, withSystem } from '../system/with-api.ts';
import { elsewhereLines, failedLines, nextLine, partitionGrid } from './partition-grid.ts';
import { type PriorityOptions, priorityIn } from './priority-option.ts';

type Common = PlaceOptions & FormatOptions;

export interface CreateOptions extends Common, PriorityOptions {
  readonly from?: string;
  readonly to?: string;
  readonly partition?: readonly string[];
  readonly dimension?: readonly string[];
  readonly concurrency: number;
  readonly order: 'ascending' | 'descending';
  readonly rerun: 'missing' | 'failed' | 'all';
  readonly future?: boolean;
  readonly param?: readonly string[];
  readonly version?: string;
  readonly name?: string;
}

export async function createBackfill(pipeline: string, options: CreateOptions): Promise<void> {
  const create = async (client: ApiClient) => {
    const target = isPipelineFile(pipeline)
      ? await fromFile(client, pipeline, options)
      : await fromName(client, pipeline, options);
    return client.createBackfill({ ...target, ...asked(options) });
  };
  const state = await withSystem(findPlace(options), create, async () => null);
  await printBackfill(options, state);
}

function asked(options: CreateOptions) {
  const { from, to, partition, dimension, concurrency, order, rerun, name, future = false } = options;
  const dimensions =
    dimension && Object.fromEntries([...parseAssignments(dimension)].map(([key, values]) => [key, values.split(',')]));
  return {
    ...{ concurrency, order, rerun, future, ...priorityIn(options) },
    ...(from === undefined ? {} : { from }),
    ...(to === undefined ? {} : { to }),
    ...(partition === undefined ? {} : { partitions: [...partition] }),
    ...(dimensions === undefined ? {} : { dimensions }),
    ...(name === undefined ? {} : { name }),
  } satisfies Partial<CreateBackfill>;
}

async function fromFile(client: ApiClient, file: string, { param = [], version }: CreateOptions) {
  if (version !== undefined) {
    throw new CliError(EXIT.badInput, `--version does not go with a file: what is in ${file} now is the version.`, {
      next: 'Name the pipeline in place of the file.',
    });
  }
  const loaded = await loadPipeline(file);
  const given = { assignments: param, file: undefined };
  const params = await collectParams(loaded.compiled.ir.params, given, dirname(resolve(file)));
  const { compiledDigest } = await uploadPipeline(client, loaded);
  return { compiledDigest, params };
}

async function fromName(client: ApiClient, pipeline: string, { param = [], version: text }: CreateOptions) {
  const version = text === undefined ? undefined : Number(text);
  if (version !== undefined && !(Number.isInteger(version) && version > 0)) {
    throw new CliError(EXIT.badInput, `'${text}' is no version: a whole number from 1.`);
  }
  const { compiled } = await client.pipeline(pipeline, version);
  const given = { assignments: param, file: undefined };
  const params = await collectParams(compiled.ir.params, given, process.cwd());
  return { pipeline, params, ...(version === undefined ? {} : { version }) };
}

export async function getBackfill(id: string, options: Common): Promise<void> {
  await printBackfill(options, await withApi(findPlace(options), (client) => client.backfill(id)));
}

export async function cancelBackfill(id: string, options: Common & { readonly keepRunning?: boolean }): Promise<void> {
  const cancel = (client: ApiClient) => client.cancelBackfill(id, options.keepRunning === true);
  await printBackfill(options, await withSystem(findPlace(options), cancel, ended(id)));
}

export async function retryBackfill(id: string, options: Common): Promise<void> {
  const retry = (client: ApiClient) => client.retryBackfill(id);
  await printBackfill(options, await withSystem(findPlace(options), retry, async () => null));
}

/** What has ended needs no system to stay so. */
function ended(id: string) {
  return async (client: ApiClient) => {
    const state = await client.backfill(id);
    return state.backfill.endedAt === null ? null : state;
  };
}

export async function listBackfills(options: Common & { readonly pipeline?: string; readonly cursor?: string }) {
  const { pipeline, cursor } = options;
  const filter = { ...(pipeline === undefined ? {} : { pipeline }), ...(cursor === undefined ? {} : { cursor }) };
  const page = await withApi(findPlace(options), (client) => client.backfills(filter));
  await print(formatOf(options), page, () => {
    if (page.items.length === 0)
      return 'No backfills. Make one: millrace backfills create PIPELINE --from KEY --to KEY';
    const rows = page.items.map((each) => [
      each.id,
      each.pipeline,
      `${each.pipelineVersion}`,
      each.status,
      `${each.size}`,
      momentText(each.createdAt),
      each.createdBy,
    ]);
    const more = moreText('millrace backfills list', { pipeline }, page.cursor);
    return table(['BACKFILL', 'PIPELINE', 'VERSION', 'STATUS', 'PARTITIONS', 'CREATED (UTC)', 'BY'], rows) + more;
  });
}

export async function listPartitions(
  pipeline: string,
  options: Common & { readonly from?: string; readonly to?: string; readonly cursor?: string },
): Promise<void> {
  const { from, to, cursor } = options;
  const choice = { ...(from === undefined ? {} : { from }), ...(to === undefined ? {} : { to }) };
  const asked = { ...choice, ...(cursor === undefined ? {} : { cursor }) };
  const page = await withApi(findPlace(options), (client) => client.partitions(pipeline, asked));
  await print(formatOf(options), page, () => {
    if (page.items.length === 0) return `No partition of ${pipeline} has ended yet.`;
    return partitionGrid(page.items).join('\n') + moreText(`millrace partitions list ${pipeline}`, choice, page.cursor);
  });
}

/** Failed ones that are told by name. */
const FAILED = 20;

async function printBackfill(options: Common, state: BackfillState): Promise<void> {
  const format = formatOf(options);
  await print(format, state, () => backfillText(state));
  if (format !== 'table') for (const notice of state.notices) process.stderr.write(`note: ${notice}\n`);
}

function backfillText({ backfill, partitions, notices }: BackfillState): string {
  const { id, pipeline, pipelineVersion, status, concurrency, priority } = backfill;
  const { params, createdBy, createdAt, round, leftOut } = backfill;
  const again = round === 1 ? '' : `, round ${round}`;
  const failed = shortened(failedLines(partitions), FAILED, `millrace backfills get ${id} -o json`);
  const elsewhere = shortened(elsewhereLines(partitions), FAILED, `millrace backfills get ${id} -o json`);
  return [
    `${id}  ${status}${again}: ${pipeline} version ${pipelineVersion}, ${concurrency} at once${priority === null ? '' : `, priority ${priority}`}`,
    `params: ${JSON.stringify(params)}`,
    `created by ${createdBy} at ${momentText(createdAt)} UTC`,
    ...(leftOut === 0 ? [] : [`${leftOut} more were asked for and left out: they had runs`]),
    section('partitions', [...partitionGrid(partitions), ...nextLine(partitions)]),
    section('failed or cancelled', failed),
    section('elsewhere: another run has them', elsewhere),
    ...notices.map((notice) => `\nnote: ${notice}`),
  ]
    .filter((part) => part !== '')
    .join('\n');
}
