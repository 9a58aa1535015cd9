import { z } from 'zod';
import { NAME } from '../ir/name.ts';
import { CallNode } from '../ir/nodes/call-node.ts';
import { CompileError } from './compile-error.ts';
import { fieldsOf } from './fields.ts';
import { refuseUnknownKeys } from './known-keys.ts';
import { afterOf } from './node-options.ts';
import type { PartitionOptions } from './partitions.ts';
import {
  PIPELINE,
  PIPELINE_CALL_KEYS,
  PIPELINE_KEYS,
  type Pipeline,
  type PipelineBody,
  type PipelineCallOptions,
  type PipelineDefinition,
  type PipelineOptions,
} from './pipeline.ts';
import { recordGraph } from './record-graph.ts';
import { recordNode } from './record-node.ts';
import { claimName, type RecordingScope, recordingScope, refusal } from './recorder.ts';
import type { Ref } from './ref.ts';
import type { Returnable } from './wired.ts';

/**
 * Describes a pipeline. The body runs when the pipeline is compiled, never when it is run: each step that it calls
 * becomes a task, wired by what it is given. What it returns is the output of the run.
 *
 * @throws CompileError for a name that is none, and for options that there are not; all else is found when it is compiled.
 */
export function definePipeline<
  R extends Returnable,
  P extends z.ZodObject = z.ZodObject<Record<never, never>>,
  K extends PartitionOptions | undefined = undefined,
>(options: PipelineOptions<P, K>, body: PipelineBody<P, R, K>): Pipeline<P, R> {
  const { name, params = z.object({}) } = options;
  if (!NAME.test(name)) {
    throw new CompileError('badName', `'${name}' is no name for a pipeline: a letter, then letters, digits, _ or -.`);
  }
  refuseUnknownKeys(`Pipeline '${name}'`, options, PIPELINE_KEYS);
  const call = (given: unknown, options: PipelineCallOptions = {}): Ref<unknown> =>
    recordCall(pipeline as unknown as PipelineDefinition, given, options);
  const pipeline = Object.defineProperties(call, {
    name: { value: name },
    [PIPELINE]: { value: true },
    options: { value: options, enumerable: true },
    paramsSchema: { value: params, enumerable: true },
    body: { value: body, enumerable: true },
  });
  return Object.freeze(pipeline) as unknown as Pipeline<P, R>;
}

function recordCall(pipeline: PipelineDefinition, given: unknown, options: PipelineCallOptions): Ref<unknown> {
  const called = pipeline.options.name;
  const scope = recordingScope(`Pipeline '${called}'`);
  const name = claimName(scope, options.name ?? called, 'call of a pipeline');
  const title = `call '${name}'`;
  const key = keepPipeline(scope, pipeline, options.queue ?? scope.queue);
  const params = fieldsOf(scope, pipeline.paramsSchema, given, title, 'parameter');
  const after = afterOf(scope, options, title, PIPELINE_CALL_KEYS);
  return recordNode(scope, CallNode.create({ name, after, pipeline: key, params }), null);
}

/** Compiles a called pipeline, once for all of its calls with the same queue, and gives its key. */
function keepPipeline(scope: RecordingScope, pipeline: PipelineDefinition, queue: string | null): string {
  const { compilation } = scope;
  const { name, onExit } = pipeline.options;
  if (compilation.underWay.includes(pipeline)) {
    throw refusal('cycle', scope, `pipeline '${name}' calls itself`, 'Use loop to repeat tasks.');
  }
  if (pipeline.options.partitions) {
    throw refusal(
      'partitions',
      scope,
      `pipeline '${name}' has partitions and is called as a step, where a run is of the caller's`,
      'Move what both need to a pipeline without partitions, and give it the key as a parameter.',
    );
  }
  if (onExit) {
    throw refusal(
      'badValue',
      scope,
      `pipeline '${name}' has an exit handler and is called as a step, where no run ends`,
      'Move what both need to a pipeline without onExit and call that, or use finallyDo.',
    );
  }
  const key = queue === null ? name : `${name}@${queue}`;
  const namesake = [...compilation.pipelines.values()].find(({ graph }) => graph.name === name);
  if (namesake && namesake.source !== pipeline) {
    throw refusal('duplicateName', scope, `two different pipelines are named '${name}'`, 'Rename one of them.');
  }
  if (!compilation.pipelines.has(key)) {
    const { graph } = recordGraph(pipeline, compilation, queue);
    compilation.pipelines.set(key, { source: pipeline, graph });
  }
  return key;
}
