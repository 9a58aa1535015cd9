import { dirname, resolve } from 'node:path';
import { collectParams } from '../params/collect-params.ts';
import { findPlace, type PlaceOptions } from '../place.ts';
import { loadPipeline } from './load-pipeline.ts';
import { refuseContradiction, type ShowOptions, type Submit, submitAndShow } from './submit-and-show.ts';
import { uploadPipeline } from './upload-pipeline.ts';

export interface RunOptions extends PlaceOptions, ShowOptions {
  readonly param?: readonly string[];
  readonly params?: string;
  readonly name?: string;
  readonly partition?: string;
  readonly future?: boolean;
  readonly runId?: string;
  readonly cache?: 'off' | 'refresh';
  readonly priority?: string;
}

/** `millrace run`: compiles, submits, and shows the run to its end. */
export async function runPipeline(file: string, assignments: readonly string[], options: RunOptions): Promise<void> {
  refuseContradiction(options);
  const place = findPlace(options);
  const pipeline = await loadPipeline(file);
  const given = { assignments: [...assignments, ...(options.param ?? [])], file: options.params };
  const params = await collectParams(pipeline.compiled.ir.params, given, dirname(resolve(file)));
  const submit: Submit = async (client, driver) => {
    const { compiledDigest } = await uploadPipeline(client, pipeline);
    const runId = options.runId === undefined ? {} : { runId: options.runId };
    const { name = null, cache = null, partition = null, future = false } = options;
    const priority = options.priority === undefined ? null : Number(options.priority);
    return client.submitRun({ compiledDigest, params, name, driver, cache, partition, priority, future, ...runId });
  };
  await submitAndShow(place, submit, options);
}
