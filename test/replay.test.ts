import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { Worker } from '@temporalio/worker';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { arbitraryPipeline } from '../dsl/testing/arbitrary-pipeline.ts';
import { compiledOf } from '../workflows/interpreter-driver.suite.ts';
import { pureHandlers } from './support/pure-handlers.ts';
import { temporalDriver } from './support/temporal-driver.ts';

const HISTORIES = new URL('./histories/', import.meta.url);
const bundle = { codePath: new URL('../dist/workflow-bundle.js', import.meta.url).pathname };
const RECORDED_PIPELINES = 8;

/** `RECORD_HISTORIES=0.1.0 npx vitest run --project system test/replay` records those of a release about to be made. */
const release = process.env.RECORD_HISTORIES;

describe.runIf(release)('recording', () => {
  it('runs pipelines of every form and keeps their histories', async () => {
    const folder = new URL(`${release}/`, HISTORIES);
    await mkdir(folder, { recursive: true });
    const driver = await temporalDriver();
    const samples = fc.sample(arbitraryPipeline, { seed: 2_001, numRuns: RECORDED_PIPELINES });
    for (const [index, { pipeline, params }] of samples.entries()) {
      await driver.run(compiledOf(pipeline), { params, handlers: pureHandlers });
      await writeFile(new URL(`pipeline-${index}.json`, folder), await driver.lastHistory());
    }
    await driver.close();
  });
});

const recorded = await readdir(HISTORIES, { recursive: true });

describe('a run of any release ever made goes on under this one', () => {
  it.each(recorded.filter((name) => name.endsWith('.json')))('%s', async (name) => {
    const history: unknown = JSON.parse(await readFile(new URL(name, HISTORIES), 'utf8'));
    await expect(Worker.runReplayHistory({ workflowBundle: bundle, replayName: name }, history)).resolves.not.toThrow();
  });

  it('is told when it does not', async () => {
    const name = recorded.find((entry) => entry.endsWith('.json')) ?? '';
    const text = JSON.stringify(JSON.parse(await readFile(new URL(name, HISTORIES), 'utf8')));
    const other: unknown = JSON.parse(text.replaceAll('"name":"millraceRun"', '"name":"millraceRollout"'));
    await expect(Worker.runReplayHistory({ workflowBundle: bundle }, other)).rejects.toThrow();
  });
});
