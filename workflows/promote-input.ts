import { type ArtifactRef, isArtifactRef } from '../ir/artifact.ts';
import { parseDuration } from '../ir/duration.ts';
import { isJsonObject, type JsonObject, type JsonValue } from '../ir/json.ts';
import { TaskFailed } from '../ir/protocol/task-failure.ts';
import type { PromoteRequest } from './execution-port.ts';

/** The input of a `promote` task, checked and with its defaults. */
export interface PromoteInput {
  readonly artifact: ArtifactRef<'model'>;
  readonly model: string;
  readonly endpoint: string | null;
  readonly alias: string;
  readonly canary: CanaryStrategy | null;
  readonly evidence: JsonObject;
}

interface CanaryStrategy {
  /** Percent of the traffic, growing, the last 100. */
  readonly steps: readonly number[];
  /** Milliseconds between one step and the next. */
  readonly bakeMs: number;
}

/** Traffic is dealt in hundredths of a percent. */
const LEAST_PERCENT = 0.01;

/** @throws TaskFailed of kind `contract`, naming the task and the input. */
export function readPromoteInput(request: PromoteRequest): PromoteInput {
  const refuse = (message: string) => contractBroken(request, message);
  const { model: artifact, evidence = null } = request.input;
  if (!isArtifactRef(artifact) || artifact.artifact !== 'model') {
    throw refuse("'model' is no model artifact. Give it the output of a step whose contract says model().");
  }
  const endpoint = textOrNull(request, 'endpoint');
  const model = textOrNull(request, 'name') ?? endpoint;
  if (model === null) {
    throw refuse("neither 'name' nor 'endpoint' is given, so the model has no name in the registry. Give one of them.");
  }
  return {
    artifact: artifact as ArtifactRef<'model'>,
    model,
    endpoint,
    alias: textOrNull(request, 'alias') ?? 'champion',
    canary: readStrategy(request.input.strategy ?? null, refuse),
    evidence: evidence === null ? {} : isJsonObject(evidence) ? evidence : { value: evidence },
  };
}

function textOrNull(request: PromoteRequest, name: string): string | null {
  const value = request.input[name] ?? null;
  if (value === null || (typeof value === 'string' && value !== '')) return value;
  throw contractBroken(request, `'${name}' is ${JSON.stringify(value)}. Give a text, or leave it out.`);
}

function readStrategy(strategy: JsonValue, refuse: (message: string) => TaskFailed): CanaryStrategy | null {
  if (strategy === null) return null;
  const canary = isJsonObject(strategy) ? strategy.canary : undefined;
  const bake = isJsonObject(strategy) ? (strategy.bake ?? 0) : 0;
  if (!Array.isArray(canary) || canary.length === 0 || !canary.every(isPercent) || !isGrowing(canary)) {
    throw refuse("'strategy.canary' must be a list of growing percents from 0.01 to 100, as in [5, 25, 100].");
  }
  return { steps: canary.at(-1) === 100 ? canary : [...canary, 100], bakeMs: readBake(bake, refuse) };
}

function readBake(bake: JsonValue, refuse: (message: string) => TaskFailed): number {
  if (typeof bake !== 'string' && typeof bake !== 'number') {
    throw refuse(`'strategy.bake' is ${JSON.stringify(bake)}. Give a duration, as in '10m'.`);
  }
  try {
    return parseDuration(bake);
  } catch (error) {
    throw refuse(`'strategy.bake': ${error instanceof Error ? error.message : String(error)}`);
  }
}

function isPercent(value: unknown): value is number {
  return typeof value === 'number' && value >= LEAST_PERCENT && value <= 100;
}

function isGrowing(steps: readonly number[]): boolean {
  return steps.every((step, index) => index === 0 || step > (steps[index - 1] ?? 0));
}

function contractBroken(request: PromoteRequest, message: string): TaskFailed {
  return new TaskFailed({
    kind: 'contract',
    name: 'PromoteInputError',
    message: `Task ${request.task.path} of pipeline ${request.task.pipeline}: ${message}`,
    stack: null,
    retryable: false,
  });
}
