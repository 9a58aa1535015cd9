import type { z } from 'zod';
import { NAME } from '../ir/name.ts';
import {
  CACHE_POLICIES,
  CONTROL_QUEUE,
  EFFECTS,
  ISOLATIONS,
  RUN_READS,
  type StepContract,
  type TaskSettings,
  WORKER_QUEUES,
} from '../ir/step-contract.ts';
import { checkReplicas } from './check-replicas.ts';
import { checkSecrets } from './check-secrets.ts';
import { CompileError, type CompileErrorCode } from './compile-error.ts';
import type { StepDescription } from './step-description.ts';

/** The longest that a light step may take: what the run asked for at the same moment waits for it. */
const LIGHT_TIMEOUT_MS = 1_000;

/** @throws CompileError for a contract that no worker could keep. */
export function checkContract(contract: StepContract, { input }: StepDescription<z.ZodObject, z.ZodObject>): void {
  const { name, effects, reads, sources } = contract;
  const subject = `Step '${name}'`;
  if (!NAME.test(name)) {
    throw new CompileError('badName', `'${name}' is no name for a step: a letter, then letters, digits, _ or -.`);
  }
  oneOf(subject, 'effects', effects, EFFECTS);
  for (const read of reads) oneOf(subject, 'reads', read, RUN_READS);
  for (const source of sources) oneOf(subject, 'sources', source, Object.keys(input.shape));
  checkCacheKey(subject, contract, Object.keys(input.shape));
  checkSettings(subject, contract, contract.settings);
  checkSecrets(subject, contract.settings.secrets, new Map());
}

function checkCacheKey(subject: string, { cost, settings }: StepContract, inputs: readonly string[]): void {
  const { key } = settings.cache;
  if (key === undefined) return;
  if (cost === 'light') throw refuse('settings', subject, 'it is light, so it is not cached: leave out cache.key');
  if (key.length === 0) {
    throw refuse('settings', subject, 'cache.key names no input, so that one result would stand for all; leave it out');
  }
  for (const input of key) oneOf(subject, 'cache.key', input, inputs);
}

/** Checks settings, be they a contract's own or those that a call's overrides make of them. */
export function checkSettings(subject: string, contract: StepContract, settings: TaskSettings): void {
  const { retry, timeoutMs, resources, cache, isolation } = settings;
  const settingsError = (what: string) => refuse('settings', subject, what);
  oneOf(subject, 'cache', cache.policy, CACHE_POLICIES);
  oneOf(subject, 'isolation', isolation, ISOLATIONS);
  if (!Number.isInteger(retry.attempts) || retry.attempts < 1) {
    throw settingsError(`retry.attempts is ${retry.attempts}; it counts tries in all: 1 or more, whole`);
  }
  if (!(retry.factor >= 1)) throw settingsError(`retry.factor is ${retry.factor}; give 1 or more`);
  if (retry.maxBackoffMs < retry.backoffMs) throw settingsError('retry.maxBackoff is shorter than retry.backoff');
  if (!(timeoutMs > 0)) throw settingsError('timeout is 0; give a time above it');
  if (resources.cpu !== null && !(resources.cpu > 0)) throw settingsError(`cpu is ${resources.cpu}; give more than 0`);
  if (resources.gpu !== null && !(Number.isInteger(resources.gpu) && resources.gpu >= 0)) {
    throw settingsError(`gpu is ${resources.gpu}; devices are counted whole`);
  }
  if (cache.ttlMs !== null && !(cache.ttlMs > 0)) throw settingsError("cache.ttl is 0; write cache: 'off' instead");
  checkPools(subject, settings);
  checkReplicas(subject, contract, settings);
  if (contract.cost === 'light') checkLight(subject, contract, settings);
  else checkOrdinary(subject, contract, settings);
}

function checkPools(subject: string, { pools = {} }: TaskSettings): void {
  for (const [pool, slots] of Object.entries(pools)) {
    if (!NAME.test(pool)) {
      throw refuse('settings', subject, `'${pool}' is no name for a pool: a letter, then letters, digits, _ or -`);
    }
    if (!Number.isInteger(slots) || slots < 1) {
      throw refuse('settings', subject, `it takes ${slots} slots of pool '${pool}'; slots are counted whole, from 1`);
    }
  }
}

function checkLight(subject: string, contract: StepContract, settings: TaskSettings): void {
  const { kind } = contract.implementation;
  const { resources } = settings;
  const lightError = (what: string) =>
    refuse('settings', subject, `it is light, so ${what}; leave out cost: 'light', or this`);
  if (kind !== 'handler' && kind !== 'builtin') throw lightError(`it cannot be a step of kind '${kind}'`);
  if (contract.effects === 'external') throw lightError("its effects must be 'none' or 'idempotent'");
  if (resources.queue !== CONTROL_QUEUE) throw lightError(`it cannot go to queue '${resources.queue}'`);
  if (resources.memory !== null || resources.cpu !== null || resources.gpu !== null) {
    throw lightError('it cannot ask for memory, cpu or gpu');
  }
  if (Object.keys(settings.pools ?? {}).length > 0) throw lightError('it cannot take slots of pools');
  if (settings.isolation !== 'thread') throw lightError(`it runs in a thread, not in a ${settings.isolation}`);
  if (settings.timeoutMs > LIGHT_TIMEOUT_MS) throw lightError('its timeout is at most 1s');
}

function checkOrdinary(subject: string, contract: StepContract, settings: TaskSettings): void {
  const { kind } = contract.implementation;
  const { queue } = settings.resources;
  if (queue === '') throw refuse('queue', subject, 'its queue has no name');
  if (queue === CONTROL_QUEUE) {
    throw refuse(
      'queue',
      subject,
      `queue '${queue}' is Millrace's own control queue; use 'cpu', 'gpu' or one of yours`,
    );
  }
  if (kind === 'external' && (WORKER_QUEUES as readonly string[]).includes(queue)) {
    throw refuse(
      'queue',
      subject,
      `it is external, and '${queue}' belongs to Millrace's workers; name a queue of its own: resources: { queue: '…' }`,
    );
  }
}

function oneOf(subject: string, field: string, value: string, allowed: readonly string[]): void {
  if (allowed.includes(value)) return;
  const choices = allowed.map((choice) => `'${choice}'`).join(', ');
  throw refuse('settings', subject, `${field} is '${value}'; it may be ${choices || 'nothing'}`);
}

function refuse(code: CompileErrorCode, subject: string, what: string): CompileError {
  return new CompileError(code, `${subject}: ${what}.`);
}
