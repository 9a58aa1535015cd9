import type { z } from 'zod';
import type { Binding } from '../ir/binding.ts';
import { canonicalJson } from '../ir/json.ts';
import { TaskNode } from '../ir/nodes/task-node.ts';
import { type StepContract, settingsOf, WORKER_QUEUES } from '../ir/step-contract.ts';
import { identityOf } from './cache-identity.ts';
import { CALL_KEYS, type CallOptions, overridesOf } from './call-options.ts';
import { checkSecrets } from './check-secrets.ts';
import { fieldsOf } from './fields.ts';
import { makeRef } from './make-ref.ts';
import { afterOf } from './node-options.ts';
import { addressIn, claimName, type RecordingScope, recordingScope, refusal } from './recorder.ts';
import type { Ref } from './ref.ts';
import { type AnyHandler, STEP, type Step, type StepDefinition } from './step.ts';

/** Makes the function that records a task when it is called in a pipeline's body. */
export function makeStep<In extends z.ZodObject, Out extends z.ZodObject>(
  contract: StepContract,
  schemas: { readonly input: In; readonly output: Out },
  handler: AnyHandler | undefined,
): Step<In, Out> {
  const call = (input: unknown, options: CallOptions = {}): Ref<unknown> =>
    recordTask(step as unknown as StepDefinition, input, options);
  const step = Object.defineProperties(call, {
    name: { value: contract.name },
    [STEP]: { value: true },
    contract: { value: contract, enumerable: true },
    inputSchema: { value: schemas.input, enumerable: true },
    outputSchema: { value: schemas.output, enumerable: true },
    handler: { value: handler, enumerable: true },
  });
  return Object.freeze(step) as unknown as Step<In, Out>;
}

function recordTask(step: StepDefinition, input: unknown, options: CallOptions): Ref<unknown> {
  const { contract } = step;
  const scope = recordingScope(`Step '${contract.name}'`);
  const name = claimName(scope, options.name ?? contract.name, 'task');
  const title = `task '${name}'`;
  const subject = `Pipeline '${scope.pipeline}', ${title}`;
  keepStep(scope, step);
  const overrides = overridesOf(subject, contract, { ...queueOf(scope, contract), ...options });
  const { resources, secrets } = settingsOf(contract, overrides);
  checkQueue(scope, title, contract, resources.queue);
  checkSecrets(subject, secrets, scope.compilation.secrets);
  const inputs: Readonly<Record<string, Binding>> = fieldsOf(scope, step.inputSchema, input, title, 'input');
  const after = afterOf(scope, options, title, CALL_KEYS);
  const identity = identityOf(scope, contract, options.cache, title);
  scope.nodes.push(TaskNode.create({ name, after, step: contract.name, inputs, overrides, ...identity }));
  return makeRef({
    binding: { kind: 'output', node: addressIn(scope, name), path: [] },
    origins: [{ scope, title: `the output of ${title}` }],
    title: `the output of ${title}`,
    schema: contract.output,
  });
}

/** The queue that the call of the pipeline around names; light and external steps have one that is theirs. */
function queueOf(scope: RecordingScope, { cost, implementation }: StepContract): { readonly queue?: string } {
  if (scope.queue === null || cost === 'light' || implementation.kind === 'external') return {};
  return { queue: scope.queue };
}

/** Steps are found by name, so a name is one step's in all of the pipelines compiled together. */
function keepStep(scope: RecordingScope, step: StepDefinition): void {
  const { steps } = scope.compilation;
  const { contract } = step;
  const known = steps.get(contract.name);
  if (known && known !== step && !isSameBuiltin(known.contract, contract)) {
    throw refusal(
      'duplicateName',
      scope,
      `two different steps are named '${contract.name}'`,
      'Give one of them another name in its contract.',
    );
  }
  if (!known) steps.set(contract.name, step);
}

/** A second copy of this package in the process defines the built-in steps again. */
function isSameBuiltin(known: StepContract, other: StepContract): boolean {
  return known.implementation.kind === 'builtin' && canonicalJson(known) === canonicalJson(other);
}

/** A queue nobody serves lets a run wait for ever, so a user's own is declared; a slip of the pen is not. */
function checkQueue(scope: RecordingScope, title: string, contract: StepContract, queue: string): void {
  if (contract.cost === 'light' || contract.implementation.kind === 'external') return;
  if ((WORKER_QUEUES as readonly string[]).includes(queue) || scope.compilation.queues.has(queue)) return;
  throw refusal(
    'queue',
    scope,
    `${title} goes to queue '${queue}', which is not 'cpu', 'gpu' or 'serving'`,
    `If workers of yours serve it, say so in the pipeline's options: { queues: ['${queue}'] }.`,
  );
}
