import type { z } from 'zod';
import { RUN_FIELDS } from '../ir/binding.ts';
import type { Condition } from '../ir/condition.ts';
import { conditionText } from '../ir/condition-text.ts';
import type { Block } from '../ir/nodes/block.ts';
import type { PipelineGraph } from '../ir/pipeline-ir.ts';
import { jsonSchemaOf, plainJsonSchemaOf } from './json-schema.ts';
import { makeRef } from './make-ref.ts';
import type { PipelineDefinition, PipelineOptions, RunAtExit } from './pipeline.ts';
import { recordBlock } from './record-block.ts';
import { type Compilation, innerScope, type RecordingScope, refusal, type Scope } from './recorder.ts';
import type { Ref } from './ref.ts';

/** Runs a pipeline's body, and its exit handler where it has one, and gives what they recorded. */
export function recordGraph(
  pipeline: PipelineDefinition,
  compilation: Compilation,
  queue: string | null,
): { readonly graph: PipelineGraph; readonly onExit: Block | null } {
  const { options, paramsSchema, body } = pipeline;
  const { name, queues = [] } = options;
  for (const queue of queues) compilation.queues.add(queue);
  compilation.underWay.push(pipeline);
  const paramsSubject = `The parameters of pipeline '${name}'`;
  const params = plainJsonSchemaOf(paramsSchema, paramsSubject);
  const frame = frameOf(name, compilation, queue);
  const run = runRefs(frame);
  const { status: _status, error: _error, ...runInBody } = run;
  const context = { params: paramsRef(frame, paramsSchema, paramsSubject), run };
  const root = rootScope(frame, '', `the body of pipeline '${name}'`);
  const { block } = recordBlock(root, () => body({ ...context, run: runInBody }));
  const onExit = options.onExit ? recordExit(frame, options.onExit, context) : null;
  checkConditions(frame);
  compilation.underWay.pop();
  return { graph: { name, params, body: block }, onExit };
}

/** Around the body and the exit handler: what both know. */
function frameOf(pipeline: string, compilation: Compilation, queue: string | null): Scope {
  const title = `pipeline '${pipeline}'`;
  const [names, untested] = [new Set<string>(), new Set<Condition>()];
  return { compilation, pipeline, queue, parent: null, address: '', title, nodes: null, names, untested };
}

/**
 * Refuses conditions that nothing tests. `a && b` looks like both and is `b` alone, for a condition is an object: a gate
 * would open with half of what it was to test.
 */
export function checkConditions(frame: Scope): void {
  if (frame.untested.size === 0) return;
  const [noun, verb] = frame.untested.size === 1 ? ['condition', 'is'] : ['conditions', 'are'];
  throw refusal(
    'droppedCondition',
    frame,
    `the ${noun} ${[...frame.untested].map((condition) => conditionText(condition)).join(' and ')} ${verb} tested by nothing`,
    "Combine conditions with and(a, b), or(a, b), not(a): && and || are JavaScript's and drop one.",
  );
}

function rootScope(frame: Scope, address: string, title: string): RecordingScope {
  const scope = innerScope(frame, address, title);
  // Tasks of the exit handler have paths that begin with it.
  scope.names.add('onExit');
  return scope;
}

function recordExit(
  frame: Scope,
  body: NonNullable<PipelineOptions<z.ZodObject>['onExit']>,
  context: { readonly params: Ref<Record<string, unknown>>; readonly run: RunAtExit },
): Block {
  return recordBlock(innerScope(frame, 'onExit', 'the exit handler'), () => body(context)).block;
}

function paramsRef(frame: Scope, schema: z.ZodObject, subject: string): Ref<Record<string, unknown>> {
  const title = 'the parameters';
  return makeRef({
    binding: { kind: 'param', path: [] },
    origins: [{ scope: frame, title }],
    title,
    schema: jsonSchemaOf(schema, 'output', subject),
  });
}

function runRefs(frame: Scope): RunAtExit {
  const refs = RUN_FIELDS.map((field) => {
    const title = `the run's ${field}`;
    const schema = { type: 'string' };
    return [field, makeRef({ binding: { kind: 'run', field }, origins: [{ scope: frame, title }], title, schema })];
  });
  return Object.fromEntries(refs) as RunAtExit;
}
