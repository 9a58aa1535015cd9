import type { Binding } from '../ir/binding.ts';
import { isJsonObject } from '../ir/json.ts';
import type { TaskNode } from '../ir/nodes/task-node.ts';
import type { StepContract } from '../ir/step-contract.ts';
import { lowerIn } from './lower.ts';
import { type RecordingScope, refusal } from './recorder.ts';
import type { RefCore } from './ref.ts';
import type { CacheBounds, CachePolicyName } from './step-description.ts';
import type { WiredJson } from './wired.ts';

/** What stands for a task's inputs in its cache key. */
export type CacheIdentity = RefCore<unknown> | string | number | boolean | { readonly [field: string]: WiredJson };

/**
 * A policy, or when an earlier result stands for a new one. `key` is compared in place of the inputs and of what they
 * point at; code, contract, `env` and versions of secrets always count.
 *
 * @example
 * loadDay({ url: params.signedUrl }, { cache: { key: format`${params.day}`, ttl: '7d' } });
 */
export type CallCache = CachePolicyName | (CacheBounds & { readonly key?: CacheIdentity });

/**
 * The identity as a part of the task's node.
 *
 * @throws CompileError `settings` for a key that tells nothing apart, `escapingRef` for one that cannot be read here.
 */
export function identityOf(
  scope: RecordingScope,
  { cost }: StepContract,
  cache: CallCache | undefined,
  title: string,
): Pick<TaskNode, 'identity'> {
  if (typeof cache !== 'object' || cache.key === undefined) return {};
  const at = `\`cache.key\` of ${title}`;
  if (cost === 'light')
    throw refusal('settings', scope, `${title} is light, so it is not cached`, 'Leave out cache.key.');
  if (Array.isArray(cache.key)) {
    throw refusal(
      'settings',
      scope,
      `${at} is a list`,
      "Inputs are named in the step's contract; a call gives a value: a Ref, format`…`, or an object of such.",
    );
  }
  const identity = lowerIn(scope, cache.key, at);
  if (!isEmpty(identity)) return { identity };
  throw refusal(
    'settings',
    scope,
    `${at} is empty, so that one result would stand for all`,
    'Leave it out, or fill it.',
  );
}

function isEmpty(binding: Binding): boolean {
  switch (binding.kind) {
    case 'literal':
      return binding.value === null || binding.value === '' || isEmptyObject(binding.value);
    case 'format':
      return binding.values.length === 0 && binding.strings.every((text) => text === '');
    default:
      return false;
  }
}

function isEmptyObject(value: unknown): boolean {
  return isJsonObject(value) && Object.keys(value).length === 0;
}
