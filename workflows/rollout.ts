import type { Promotion } from '../ir/nodes/promote-node.ts';
import { describeTraffic, isSameTraffic, trafficWith, trafficWithout } from './canary-traffic.ts';
import type { PromoteRequest } from './execution-port.ts';
import { type PromoteInput, readPromoteInput } from './promote-input.ts';
import { replicasApplied } from './replicas-applied.ts';
import type { RolloutAuthor, RolloutEndpoint, RolloutPort, RolloutShare } from './rollout-port.ts';

/** A rollout under way: what it brings where, and what stands there without it. */
interface Rollout {
  readonly port: RolloutPort;
  readonly input: PromoteInput;
  readonly endpoint: string;
  readonly version: number;
  readonly author: RolloutAuthor;
  /** Whether a replica was live when it began. */
  readonly isServed: boolean;
}

type Outcome = Pick<Promotion, 'status' | 'reason'>;

/** What one change of the traffic came to. */
type Step =
  | { readonly kind: 'applied' | 'noReplica'; readonly endpoint: RolloutEndpoint }
  | { readonly kind: 'failed'; readonly endpoint: RolloutEndpoint; readonly reason: string }
  | { readonly kind: 'superseded'; readonly current: RolloutEndpoint | null };

/**
 * Makes a model a version, brings it into an endpoint's traffic step by step, and moves the alias at the end.
 *
 * - A replica that cannot load it, or does not in time, brings the traffic back to what it was: `rolledBack`.
 * - A change of the traffic by anybody else, once the rollout has begun, ends it: `rolledBack`, and theirs stays.
 * - With no live replica the traffic is set all the same, with no canary (there is nobody to bake with): `promoted`,
 *   and the reason says so, for an endpoint without a server must not fail a run that trains.
 *
 * Deterministic over its port: it may run as workflow code.
 *
 * @throws TaskFailed of kind `contract` when the input is none of a promotion.
 */
export async function rollout(request: PromoteRequest, port: RolloutPort): Promise<Promotion> {
  const input = readPromoteInput(request);
  const { runId, path } = request.task;
  const author: RolloutAuthor = { runId, taskPath: path, by: `run ${runId}, task ${path}` };
  const { model, artifact, evidence, alias, endpoint } = input;
  const { version } = await port.addVersion({ model, artifact, evidence, author });

  const outcome: Outcome =
    endpoint === null
      ? { status: 'promoted', reason: null }
      : await rollOut({ port, input, endpoint, version, author, isServed: await isServed(port, endpoint) });
  if (outcome.status === 'promoted') {
    const reason = outcome.reason ?? `promoted by ${author.by}`;
    await port.moveAlias({ model, alias, version, reason, evidence, author });
  }
  return { model, version, alias, endpoint, ...outcome };
}

async function isServed(port: RolloutPort, endpoint: string): Promise<boolean> {
  return (await port.replicasApplied(endpoint)).length > 0;
}

async function rollOut(rollout: Rollout): Promise<Outcome> {
  const { port, input, endpoint } = rollout;
  const { before, base, first } = await begin(rollout);
  let step: Step = first;
  for (const percent of laterPercents(input, base)) {
    if (step.kind !== 'applied') break;
    await port.sleep(input.canary?.bakeMs ?? 0);
    step = await takeStep(rollout, step.endpoint, base, percent);
  }
  if (step.kind === 'superseded') return superseded(rollout, step.current);
  if (step.kind === 'failed') return rollBack(rollout, step, base.length > 0 ? base : (before?.traffic ?? []));
  if (step.kind === 'noReplica') return finishUnserved(rollout, step.endpoint);
  const last = await port.endpoint(endpoint);
  return last?.generation === step.endpoint.generation
    ? { status: 'promoted', reason: null }
    : superseded(rollout, last);
}

/** The first step. Nothing of this rollout stands there yet, so whoever came first wins, and it is built upon. */
async function begin(rollout: Rollout) {
  const { port, input, endpoint } = rollout;
  for (;;) {
    const before = await port.endpoint(endpoint);
    const base = trafficWithout(before?.traffic ?? [], versionOf(rollout));
    const first = await takeStep(rollout, before, base, input.canary?.steps[0] ?? 100);
    if (first.kind !== 'superseded') return { before, base, first };
  }
}

/** Where nothing else is served there is nobody to share with: the first step has brought all. */
function laterPercents(input: PromoteInput, base: readonly RolloutShare[]): readonly number[] {
  return base.length === 0 ? [] : (input.canary?.steps.slice(1) ?? []);
}

/** Gives the version its share beside `base`, and waits for the replicas. */
async function takeStep(
  rollout: Rollout,
  standing: RolloutEndpoint | null,
  base: readonly RolloutShare[],
  percent: number,
): Promise<Step> {
  const set = await changeTraffic(rollout, standing, trafficWith(base, versionOf(rollout), percent));
  if (set.kind === 'conflict') return { kind: 'superseded', current: set.current };
  const applied = await replicasApplied(rollout.port, rollout.endpoint, set.endpoint.generation, rollout.isServed);
  return { ...applied, endpoint: set.endpoint };
}

/** A traffic that stands already is left as it is: its generation is the one to wait for. */
async function changeTraffic(rollout: Rollout, current: RolloutEndpoint | null, traffic: readonly RolloutShare[]) {
  if (current && isSameTraffic(current.traffic, traffic)) return { kind: 'set' as const, endpoint: current };
  const { endpoint, author, port } = rollout;
  return port.setTraffic({ endpoint, traffic, expectedGeneration: current?.generation ?? 0, by: author.by });
}

async function rollBack(
  rollout: Rollout,
  failed: Extract<Step, { kind: 'failed' }>,
  traffic: readonly RolloutShare[],
): Promise<Outcome> {
  const set = await changeTraffic(rollout, failed.endpoint, traffic);
  if (set.kind === 'conflict') return superseded(rollout, set.current);
  const what = `${rollout.input.model} v${rollout.version} is not served: ${failed.reason}`;
  return {
    status: 'rolledBack',
    reason: `${what}. Endpoint ${rollout.endpoint} is back to ${describeTraffic(traffic)}. Mend the model, then promote again.`,
  };
}

async function finishUnserved(rollout: Rollout, standing: RolloutEndpoint): Promise<Outcome> {
  const { endpoint } = rollout;
  const whole = trafficWith([], versionOf(rollout), 100);
  const set = await changeTraffic(rollout, standing, whole);
  if (set.kind === 'conflict') return superseded(rollout, set.current);
  return {
    status: 'promoted',
    reason:
      `no replica is live; endpoint ${endpoint} is set to ${describeTraffic(whole)} ` +
      `(generation ${set.endpoint.generation}) and the first serving process that starts will serve it`,
  };
}

function superseded(rollout: Rollout, current: RolloutEndpoint | null): Outcome {
  const { endpoint, input, version } = rollout;
  const found = current
    ? `${current.updatedBy} set ${describeTraffic(current.traffic)} (generation ${current.generation})`
    : 'it is gone';
  return {
    status: 'rolledBack',
    reason: `Endpoint ${endpoint} was changed while ${input.model} v${version} was rolled out: ${found}. That stays; the alias was not moved.`,
  };
}

function versionOf(rollout: Rollout): Pick<RolloutShare, 'model' | 'version'> {
  return { model: rollout.input.model, version: rollout.version };
}
