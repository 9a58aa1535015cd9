import { fileURLToPath } from 'node:url';
import { type ArtifactKind, type ArtifactRef, isArtifactRef } from '../../ir/artifact.ts';
import { isJsonObject, type JsonValue } from '../../ir/json.ts';
import { LISTED_METRICS, type RunDetail, type Task } from '../../server/client.ts';
import { byPath, groupedByPath } from '../output/by-path.ts';
import { section, shortened } from '../output/section.ts';
import { table } from '../output/table.ts';

/** An artifact that a task gave. */
export interface GivenArtifact {
  readonly path: string;
  /** Where in the task's output it stands: `training`, `models[0].file`; null where it is the output itself. */
  readonly output: string | null;
  readonly artifact: ArtifactRef;
}

/** A run as `-o json` prints it; docs/cli.md promises these fields. */
export interface RunDocument extends RunDetail {
  /** Sentences: what was said of the submission, and what the document lacks. */
  readonly notices: readonly string[];
  readonly artifacts: readonly {
    readonly path: string;
    readonly output: string | null;
    readonly kind: ArtifactKind;
    readonly rows: number | null;
    readonly size: number;
    readonly uri: string;
    readonly digest: string;
  }[];
}

export function runDocument(detail: RunDetail, submission: readonly string[] = []): RunDocument {
  const artifacts = givenArtifacts(detail.tasks).map(({ path, output, artifact }) => {
    const { artifact: kind, size, uri, digest } = artifact;
    return { path, output, kind, rows: rowsOf(artifact), size, uri, digest };
  });
  return { ...detail, artifacts, notices: [...submission, ...leftOutNotices(detail)] };
}

/** Most lines of a section: a fan-out's tasks have thousands. */
const MOST_LINES = 20;

/** What is too large to be listed, and how to get it. */
export function leftOutNotices({ run, tasks, unlisted, attempts, metrics }: RunDetail): readonly string[] {
  const get = `millrace runs get ${run.id}`;
  const ofTasks = tasks.filter(({ leftOut }) => leftOut !== null);
  const ofAttempts = attempts.filter(({ leftOut }) => leftOut !== null);
  const notices = [
    run.leftOut &&
      `The parameters or the output of run ${run.id} are too large to be listed, and were left out: ${get} --values -o json`,
    unlisted > 0 &&
      `${unlisted.toLocaleString('en')} of ${(unlisted + tasks.length).toLocaleString('en')} tasks are not listed, ` +
        `with their attempts, metrics and artifacts: millrace runs tasks ${run.id} -o json`,
    ofTasks[0] &&
      `Values of ${counted(ofTasks.length, 'task')} are too large to be listed, ` +
        `and were left out with the artifacts in them; a task has them: ${get} --path '${ofTasks[0].path}' -o json`,
    ofAttempts[0] &&
      `Failures of ${counted(ofAttempts.length, 'attempt')} are too large to be listed, ` +
        `and were left out; a task has them: ${get} --path '${ofAttempts[0].path}' -o json`,
    metrics.length >= LISTED_METRICS &&
      `No more than ${LISTED_METRICS.toLocaleString('en')} metrics are listed: millrace runs metrics ${run.id} -o json`,
  ];
  return notices.filter((notice) => typeof notice === 'string');
}

function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}

/** What a run measured and made, for a person. What fan-outs made comes last, so that it hides nothing else. */
export function resultSections(detail: RunDetail): readonly string[] {
  const tasks = [...detail.tasks.filter(isSingle), ...byPath(detail.tasks.filter((task) => !isSingle(task)))];
  const [headings, ...rows] = artifactTable(givenArtifacts(tasks));
  const all = `millrace runs get ${detail.run.id} -o json`;
  return [
    section('Measured', shortened(measuredLines({ ...detail, tasks }), MOST_LINES, all)),
    section('Numbers given', shortened(numberLines(tasks), MOST_LINES, all)),
    section('Artifacts', rows.length === 0 ? [] : [headings ?? '', ...shortened(rows, MOST_LINES, all)]),
    section('Left out', leftOutNotices(detail)),
  ].filter((text) => text !== '');
}

/** Whether a task stands outside all fan-outs. */
export function isSingle(task: Task): boolean {
  return !task.path.includes('[');
}

/** Every artifact that tasks gave, in the tasks' order. */
export function givenArtifacts(tasks: readonly Task[]): readonly GivenArtifact[] {
  return tasks.flatMap(({ kind, path, output }) =>
    kind === 'task' ? within(output, '').map(([at, artifact]) => ({ path, output: at || null, artifact })) : [],
  );
}

function within(value: JsonValue | undefined, at: string): readonly (readonly [string, ArtifactRef])[] {
  if (isArtifactRef(value)) return [[at, value]];
  if (Array.isArray(value)) return value.flatMap((item, index) => within(item, `${at}[${index}]`));
  if (!isJsonObject(value)) return [];
  return Object.entries(value).flatMap(([field, part]) => within(part, at === '' ? field : `${at}.${field}`));
}

export function artifactName({ path, output }: GivenArtifact): string {
  if (output === null) return path;
  return output.startsWith('[') ? path + output : `${path}.${output}`;
}

function artifactTable(given: readonly GivenArtifact[]): readonly string[] {
  const rows = given.map((each) => [
    artifactName(each),
    each.artifact.artifact,
    rowsOf(each.artifact)?.toLocaleString('en') ?? '-',
    bytesText(each.artifact.size),
    whereText(each.artifact.uri),
  ]);
  return table(['NAME', 'KIND', 'ROWS', 'SIZE', 'WHERE'], rows).split('\n');
}

/** A path that a person can open, where it is one. */
function whereText(uri: string): string {
  return uri.startsWith('file:///') ? fileURLToPath(uri) : uri;
}

export function rowsOf({ metadata }: ArtifactRef): number | null {
  return typeof metadata.rows === 'number' ? metadata.rows : null;
}

export function bytesText(size: number): string {
  if (size < 1e3) return `${size} B`;
  return size < 1e5 ? `${(size / 1e3).toFixed(1)} kB` : `${(size / 1e6).toFixed(1)} MB`;
}

/** A line for each task that measured something. */
export function measuredLines({ metrics, tasks }: RunDetail): readonly string[] {
  const measured = groupedByPath(metrics);
  return tasks.flatMap(({ path }) => {
    const texts = (measured.get(path) ?? []).map((metric) => `${metric.name} ${metricText(metric)}`);
    return texts.length === 0 ? [] : [`${path}: ${texts.join(', ')}`];
  });
}

/** A line for each task whose output has numbers. Rows are told with data. */
function numberLines(tasks: readonly Task[]): readonly string[] {
  return tasks.flatMap(({ kind, path, output }) => {
    if (kind !== 'task' || !isJsonObject(output) || isArtifactRef(output)) return [];
    const texts = Object.entries(output).flatMap(([name, value]) =>
      typeof value === 'number' && name !== 'rows' ? [`${name} ${numberText(value)}`] : [],
    );
    return texts.length === 0 ? [] : [`${path}: ${texts.join(', ')}`];
  });
}

type Metric = RunDetail['metrics'][number];

function metricText({ value, step }: Metric): string {
  return step === 0 ? numberText(value) : `${numberText(value)} (step ${step})`;
}

function numberText(value: number): string {
  return Number.isInteger(value) ? value.toLocaleString('en') : value.toPrecision(4);
}
