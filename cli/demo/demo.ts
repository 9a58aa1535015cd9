import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { isJsonObject, type JsonObject, type JsonSchema } from '../../ir/json.ts';
import type { ApiClient, RunDetail } from '../../server/client.ts';
import { CliError, EXIT } from '../cli-error.ts';
import { findPlace, type PlaceOptions } from '../place.ts';
import { exitCodeOf, followRun } from '../submit/follow-run.ts';
import { loadPipeline } from '../submit/load-pipeline.ts';
import { withLocalRunner } from '../submit/local-runner.ts';
import { uploadPipeline } from '../submit/upload-pipeline.ts';
import { apiClient } from '../system/api-client.ts';
import { movedPorts } from '../system/moved-ports.ts';
import { metadataName } from '../system/other-metadata.ts';
import { startSystem } from '../system/start-system.ts';
import { untilAskedToEnd, whereText } from '../system/up.ts';
import { runningApi, withApi } from '../system/with-api.ts';
import { onPath } from '../temporal/on-path.ts';
import { demoSummary } from './demo-summary.ts';

export interface DemoOptions extends PlaceOptions {
  readonly exit?: boolean;
  readonly local?: boolean;
}

/** One flight to ask about: 29 June 2001, 17:00, from Chicago to New York. Times are microseconds since the epoch. */
const FLIGHT = { date: 993_834_000_000_000, origin: 'ORD', destination: 'LGA', distance: 733 };

/** `millrace demo`: the flights example on a system of its own, or on the one that is up. */
export async function demo(options: DemoOptions): Promise<void> {
  const place = findPlace(options);
  const source = flightsFile();
  const pipeline = await loadPipeline(flightsPipeline());
  const params = demoParams(pipeline.compiled.ir.params, source, join(place.home, 'flights.duckdb'));
  const submit = async (client: ApiClient, driver: 'temporal' | 'local') => {
    const version = await uploadPipeline(client, pipeline);
    return client.submitRun({ compiledDigest: version.compiledDigest, params, name: 'demo', driver });
  };
  if (options.local === true) {
    const detail = await withLocalRunner(place, (client) => submit(client, 'local'), {});
    const hasDuckDB = await isDuckDBThere();
    return finish(detail, await withApi(place, (client) => demoSummary(client, detail, FLIGHT, { hasDuckDB })));
  }
  const say = (line: string) => void process.stdout.write(`${line}\n`);
  const running = await runningApi(place);
  const system = running === null ? await startSystem({ place, ports: {}, queues: null, say }) : null;
  try {
    const client = running ?? apiClient(system?.urls.api ?? '', place.project);
    const { run } = await submit(client, 'temporal');
    for (const line of system === null ? [] : movedPorts(system.urls, {})) say(line);
    say(`The pipeline is ${flightsPipeline()}, its data ${source}.`);
    const detail = await followRun(client, run.id, {
      format: 'table',
      onInterrupt: system === null ? 'leave' : 'cancel',
    });
    const ends = options.exit === true && system !== null;
    finish(detail, await demoSummary(client, detail, FLIGHT, { ends, hasDuckDB: await isDuckDBThere() }));
    if (ends) say('\nEnding: without --exit it stays up, and the lines above can be tried.');
    if (options.exit === true || system === null) return;
    say(`\n${whereText(place, system.urls, metadataName())}\nCtrl-C ends it.`);
    await untilAskedToEnd();
  } finally {
    await system?.stop();
  }
}

async function isDuckDBThere(): Promise<boolean> {
  return (await onPath('duckdb', process)) !== null;
}

/** The example's own defaults, but for where its data comes from and where its predictions go. */
function demoParams(schema: JsonSchema, source: string, database: string): JsonObject {
  const known = isJsonObject(schema.properties) ? schema.properties : {};
  return { source, ...(known.database === undefined ? {} : { database }) };
}

function finish(detail: RunDetail, summary: string): void {
  process.stdout.write(`\n${summary}\n`);
  process.exitCode = exitCodeOf(detail);
}

function flightsPipeline(): string {
  const depth = import.meta.url.endsWith('.ts') ? '../../' : '../../../';
  const file = fileURLToPath(new URL(`${depth}examples/flights/pipeline.ts`, import.meta.url));
  if (existsSync(file)) return file;
  throw new CliError(EXIT.badInput, `The example ${file} is not part of this installation.`, {
    next: 'Run the demo from a clone of the repository.',
  });
}

/**
 * Three million flights come with an npm package that only a clone installs. It exports none of its files, so that they
 * are looked for where Node.js would look for the package.
 */
function flightsFile(): string {
  const folders = createRequire(import.meta.url).resolve.paths('vega-datasets') ?? [];
  const file = folders.map((folder) => join(folder, 'vega-datasets', 'data', 'flights-3m.parquet')).find(existsSync);
  if (file !== undefined) return file;
  throw new CliError(EXIT.badInput, 'The flights are not here: the npm package vega-datasets is not installed.', {
    next: 'Install it with `npm install --save-dev vega-datasets` in the folder of Millrace.',
  });
}
