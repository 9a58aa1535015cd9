import type { ArtifactRef } from '../../ir/artifact.ts';
import { isJsonObject, type JsonObject } from '../../ir/json.ts';
import type { ApiClient, Endpoint, ModelDetail, Replica, RunDetail, Task } from '../../server/client.ts';
import { section } from '../output/section.ts';
import { artifactName, bytesText, givenArtifacts, isSingle, measuredLines, rowsOf } from '../submit/run-results.ts';
import { runSummary } from '../submit/run-summary.ts';
import { inferLine } from './infer-line.ts';
import { type ArtifactNames, traceText } from './trace-text.ts';

export interface SummaryOptions {
  /** Whether what serves the models ends with the command. */
  readonly ends?: boolean;
  /** Whether DuckDB's own command is there to be typed. */
  readonly hasDuckDB?: boolean;
}

/**
 * What a run ended with, for a person: the data it made, what it measured, how its gates decided, what was promoted and
 * where it is served. It knows no pipeline in particular: it reads artifacts, metrics and transitions.
 *
 * @param row What to ask a served model that comes without an example of its own.
 */
export async function demoSummary(
  client: ApiClient,
  detail: RunDetail,
  row: JsonObject = {},
  options: SummaryOptions = {},
): Promise<string> {
  const [{ items: endpoints, replicas }, models] = await Promise.all([client.endpoints(), registered(client)]);
  const single = detail.tasks.filter(isSingle);
  const served = await Promise.all(
    endpoints.map((endpoint) => servedLines(endpoint, replicas, detail.tasks, row, options.ends ?? false)),
  );
  const sections = [
    section('Data', dataLines(single)),
    section('Measured', measuredLines({ ...detail, tasks: single })),
    section('Gates', gateLines(detail.tasks, versionNames(models))),
    section('Promoted', promotedLines(detail, models)),
    section('Served', served.flat()),
    section('Predictions for SQL', tableLines(detail.tasks, options.hasDuckDB ?? true)),
  ];
  return [runSummary(detail), ...sections.filter((text) => text !== '')].join('\n');
}

async function registered(client: ApiClient): Promise<readonly ModelDetail[]> {
  const { items } = await client.models();
  return Promise.all(items.map(({ model }) => client.model(model)));
}

function versionNames(models: readonly ModelDetail[]): ArtifactNames {
  const versions = models.flatMap((model) => model.versions.items);
  const names = new Map(versions.map(({ model, version, artifact }) => [artifact.digest, `${model} v${version}`]));
  return ({ digest }) => names.get(digest) ?? null;
}

/** Tables that tasks outside fan-outs gave, each content once. */
function dataLines(tasks: readonly Task[]): readonly string[] {
  const seen = new Set<string>();
  return givenArtifacts(tasks)
    .filter(({ artifact: { artifact: kind } }) => kind === 'dataset' || kind === 'predictions')
    .filter(({ artifact }) => !seen.has(artifact.digest) && seen.add(artifact.digest))
    .map((given) => `${artifactName(given)}: ${sizeText(given.artifact)}`);
}

function sizeText(artifact: ArtifactRef): string {
  const rows = rowsOf(artifact);
  return `${rows === null ? '' : `${rows.toLocaleString('en')} rows, `}${bytesText(artifact.size)}`;
}

function gateLines(tasks: readonly Task[], names: ArtifactNames): readonly string[] {
  return tasks
    .filter((task) => task.kind === 'when')
    .flatMap((task) => {
      const conditions = Array.isArray(task.detail.conditions) ? task.detail.conditions : [];
      const chosen = typeof task.detail.chosen === 'string' ? task.detail.chosen : 'no branch';
      return conditions.filter(isJsonObject).map((trace) => `${task.path}: ${traceText(trace, names)}  → ${chosen}`);
    });
}

function promotions(tasks: readonly Task[]): readonly JsonObject[] {
  return tasks
    .filter((task) => task.kind === 'promote')
    .map((task) => task.output)
    .filter(isJsonObject);
}

function promotedLines({ run, tasks }: RunDetail, models: readonly ModelDetail[]): readonly string[] {
  const moves = models.flatMap(({ history }) => history.items).filter(({ runId }) => runId === run.id);
  return promotions(tasks).map(({ model, version, alias, status, reason }) => {
    const why = typeof reason === 'string' ? ` (${reason})` : '';
    // An alias that names the version already does not move.
    const hasMoved = moves.some((move) => move.model === model && move.alias === alias && move.to === version);
    const promoted = hasMoved ? `is ${alias}: promoted` : `was ${alias} already`;
    const came = status === 'promoted' ? promoted : 'was not promoted: rolled back';
    return `${model} version ${version} ${came}${why}.  millrace models get ${model}`;
  });
}

async function servedLines(
  endpoint: Endpoint,
  replicas: readonly Replica[],
  tasks: readonly Task[],
  row: JsonObject,
  ends: boolean,
): Promise<readonly string[]> {
  const mine = promotions(tasks).some((promotion) => promotion.endpoint === endpoint.name);
  const url = replicas.find((replica) => replica.applied[endpoint.name]?.error === null)?.url;
  if (!mine || url === undefined) return [];
  const traffic = endpoint.traffic.map((share) => `v${share.version} ${share.percent}%`).join(', ');
  const tried = await inferLine(url, endpoint.name, row);
  return [
    `${endpoint.name}: ${traffic}, at ${url}/v2/models/${endpoint.name}${ends ? ' (while it is up)' : ''}`,
    ...(tried === null ? [] : [tried.curl, `→ ${tried.answer}`]),
  ];
}

/** Tables that a step published: its input names the database, its output the table. */
function tableLines(tasks: readonly Task[], hasDuckDB: boolean): readonly string[] {
  return tasks.flatMap(({ input, output }) => {
    if (!isJsonObject(input) || !isJsonObject(output)) return [];
    const { database } = input;
    const { table, rows } = output;
    if (typeof database !== 'string' || typeof table !== 'string') return [];
    const count = typeof rows === 'number' ? `${rows.toLocaleString('en')} rows in ` : '';
    return [
      `${count}table ${table} of ${database}`,
      `duckdb '${database}' "SELECT * FROM ${table} LIMIT 5"`,
      ...(hasDuckDB ? [] : ['(the command duckdb is not on PATH here: https://duckdb.org/docs/installation)']),
    ];
  });
}
