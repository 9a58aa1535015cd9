import { type ArtifactRef, isArtifactRef } from '../../ir/artifact.ts';
import { isJsonObject, type JsonObject, type JsonValue } from '../../ir/json.ts';
import type { ApiClient, Endpoint, Replica, RunDetail, Task } from '../../server/client.ts';
import { runSummary } from '../submit/run-summary.ts';
import { conditionText } from './condition-text.ts';
import { inferLine } from './infer-line.ts';

/**
 * What a run ended with, for a person: the data it made, what it measured, how its gates decided, what was promoted and
 * where it is served. It knows no pipeline in particular: it reads artifacts, metrics and transitions.
 *
 * @param row What to ask a served model that comes without an example of its own.
 */
export async function demoSummary(client: ApiClient, detail: RunDetail, row: JsonObject = {}): Promise<string> {
  const { items: endpoints, replicas } = await client.endpoints();
  const _served = await Promise.all(endpoints.map((endpoint) => servedLines(endpoint, replicas, detail.tasks, row)));
  const served = await Promise.all(endpoints.map((endpoint) => servedLines(endpoint, replicas, detail.tasks, row)));
  const sections = [
    section('Data', dataLines(detail.tasks)),
    section('Measured', measuredLines(detail)),
    section('Gates', gateLines(detail.tasks)),
    section('Promoted', promotedLines(detail.tasks)),
    section('Served', served.flat()),
    section('Predictions for SQL', tableLines(detail.tasks)),
  ];
  return [runSummary(detail), ...sections.filter((text) => text !== '')].join('\n');
}

function section(title: string, lines: readonly string[]): string {
  return lines.length === 0 ? '' : `\n${title}\n${lines.map((line) => `  ${line}`).join('\n')}`;
}

/** Artifacts that tasks outside fan-outs gave, under the names of their outputs, each content once. */
function made(tasks: readonly Task[]): readonly { readonly name: string; readonly artifact: ArtifactRef }[] {
  const seen = new Set<string>();
  return tasks
    .filter((task) => task.kind === 'task' && !task.path.includes('['))
    .flatMap((task) => outputsOf(task))
    .filter(({ artifact }) => !seen.has(artifact.digest) && seen.add(artifact.digest));
}

function outputsOf({ path, output }: Task): readonly { readonly name: string; readonly artifact: ArtifactRef }[] {
  if (isArtifactRef(output)) return [{ name: path, artifact: output }];
  const fields = isJsonObject(output) ? Object.entries(output) : [];
  return fields.flatMap(([field, value]) =>
    isArtifactRef(value) ? [{ name: `${path}.${field}`, artifact: value }] : [],
  );
}

function dataLines(tasks: readonly Task[]): readonly string[] {
  return made(tasks)
    .filter(({ artifact }) => artifact.artifact === 'dataset' || artifact.artifact === 'predictions')
    .map(({ name, artifact }) => `${name}: ${sizeText(artifact)}`);
}

function sizeText({ metadata, size }: ArtifactRef): string {
  const rows = typeof metadata.rows === 'number' ? `${metadata.rows.toLocaleString('en')} rows, ` : '';
  return `${rows}${(size / 1e6).toFixed(1)} MB`;
}

/** A line for each task that measured something: its final metrics, and the numbers that it gave. Rows are told with data. */
function measuredLines({ metrics, tasks }: RunDetail): readonly string[] {
  return tasks
    .filter((task) => task.kind === 'task' && !task.path.includes('['))
    .flatMap((task) => {
      const final = metrics.filter((metric) => metric.step === 0 && metric.path === task.path);
      const given = isJsonObject(task.output) ? Object.entries(task.output) : [];
      const numbers = new Map<string, JsonValue>([
        ...given,
        ...final.map(({ name, value }): [string, number] => [name, value]),
      ]);
      const texts = [...numbers].flatMap(([name, value]) =>
        typeof value === 'number' && name !== 'rows' ? [`${name} ${numberText(value)}`] : [],
      );
      return texts.length === 0 ? [] : [`${task.path}: ${texts.join(', ')}`];
    });
}

function numberText(value: number): string {
  return Number.isInteger(value) ? value.toLocaleString('en') : value.toPrecision(4);
}

function gateLines(tasks: readonly Task[]): readonly string[] {
  return tasks
    .filter((task) => task.kind === 'when')
    .flatMap((task) => {
      const conditions = Array.isArray(task.detail.conditions) ? task.detail.conditions : [];
      const chosen = typeof task.detail.chosen === 'string' ? task.detail.chosen : 'no branch';
      return conditions.filter(isJsonObject).map((trace) => `${task.path}: ${conditionText(trace)}  → ${chosen}`);
    });
}

function promotions(tasks: readonly Task[]): readonly JsonObject[] {
  return tasks
    .filter((task) => task.kind === 'promote')
    .map((task) => task.output)
    .filter(isJsonObject);
}

function promotedLines(tasks: readonly Task[]): readonly string[] {
  return promotions(tasks).map(({ model, version, alias, status, reason }) => {
    const why = typeof reason === 'string' ? ` (${reason})` : '';
    return `${model} version ${version} is ${alias}: ${status}${why}.  millrace models get ${model}`;
  });
}

async function servedLines(
  endpoint: Endpoint,
  replicas: readonly Replica[],
  tasks: readonly Task[],
  row: JsonObject,
): Promise<readonly string[]> {
  const mine = promotions(tasks).some((promotion) => promotion.endpoint === endpoint.name);
  const url = replicas.find((replica) => replica.applied[endpoint.name]?.error === null)?.url;
  if (!mine || url === undefined) return [];
  const traffic = endpoint.traffic.map((share) => `v${share.version} ${share.percent}%`).join(', ');
  const tried = await inferLine(url, endpoint.name, row);
  return [
    `${endpoint.name}: ${traffic}, at ${url}/v2/models/${endpoint.name}`,
    ...(tried === null ? [] : [tried.curl, `→ ${tried.answer}`]),
  ];
}

/** Tables that a step published: its input names the database, its output the table. */
function tableLines(tasks: readonly Task[]): readonly string[] {
  return tasks.flatMap(({ input, output }) => {
    if (!isJsonObject(input) || !isJsonObject(output)) return [];
    const { database } = input;
    const { table, rows } = output;
    if (typeof database !== 'string' || typeof table !== 'string') return [];
    const count = typeof rows === 'number' ? `${rows.toLocaleString('en')} rows in ` : '';
    return [`${count}table ${table} of ${database}`, `duckdb '${database}' "SELECT * FROM ${table} LIMIT 5"`];
  });
}
