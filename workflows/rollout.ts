import type { Promotion } from '../ir/nodes/promote-node.ts';
import { describeTraffic, isSameTraffic, trafficWith, trafficWithout } from './canary-traffic.ts';
import type { PromoteRequest } from './execution-port.ts';
import { type PromoteInput, readPromoteInput } from './promote-input.ts';
import { type Heard, replicasApplied } from './replicas-applied.ts';
import type {
  AliasOutcome,
  AliasStanding,
  MoveAliasRequest,
  RolloutAuthor,
  RolloutEndpoint,
  RolloutPort,
  RolloutShare,
} from './rollout-port.ts';

/** A version on its way to the alias. */
interface Candidate {
  readonly port: RolloutPort;
  readonly input: PromoteInput;
  readonly version: number;
  /** Where the alias stood as the rollout began. */
  readonly aliased: AliasStanding;
  readonly author: RolloutAuthor;
}

/** A rollout under way: what it brings where, and what stands there without it. */
interface Rollout extends Candidate {
  readonly endpoint: string;
  /** Whether a replica was live when it began. */
  readonly isServed: boolean;
  readonly heard: Heard;
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
 * - So does a move of the alias by anybody else, and the traffic is brought back.
 * - What the run that this one retries has promoted stands: nothing moves, for a later run may have promoted since.
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
  const aliased = await port.standing(model, alias);
  const { version, earlier } = await port.addVersion({ model, artifact, evidence, input: request.input, author });
  if (earlier) return earlier;

  const candidate: Candidate = { port, input, version, aliased, author };
  const outcome =
    endpoint === null
      ? await finishAlone(candidate)
      : await rollOut({ ...candidate, endpoint, isServed: await isServed(port, endpoint), heard: new Map() });
  return { model, version, alias, endpoint, ...outcome };
}

function moveAlias(
  { port, input, version, aliased, author }: Candidate,
  endpoint: MoveAliasRequest['endpoint'],
  note: string | null,
): Promise<AliasOutcome> {
  const { model, alias, evidence } = input;
  const reason = note ?? `promoted by ${author.by}`;
  return port.moveAlias({ model, alias, version, expected: aliased, endpoint, reason, evidence, author });
}

/** Without an endpoint there is the alias alone. Where somebody else has moved it since the rollout began, theirs stays. */
async function finishAlone(candidate: Candidate): Promise<Outcome> {
  const moved = await moveAlias(candidate, null, null);
  if (moved.kind === 'moved') return { status: 'promoted', reason: null };
  return { status: 'rolledBack', reason: aliasMoved(candidate, moved.version) };
}

function aliasMoved({ input, version, aliased }: Candidate, now: number | null): string {
  const [found, expected] = [now, aliased.version].map((named) => (named === null ? 'no version' : `v${named}`));
  const names = found === expected ? `${found} again` : `${found}, not ${expected}`;
  return `Alias ${input.alias} was moved while ${input.model} v${version} was promoted: it names ${names}. That stays.`;
}

async function isServed(port: RolloutPort, endpoint: string): Promise<boolean> {
  return (await port.replicasApplied(endpoint)).length > 0;
}

async function rollOut(rollout: Rollout): Promise<Outcome> {
  const { port, input } = rollout;
  const { before, base, first } = await begin(rollout);
  let step: Step = first;
  for (const percent of laterPercents(input, base)) {
    if (step.kind !== 'applied') break;
    await port.sleep(input.canary?.bakeMs ?? 0);
    step = await takeStep(rollout, step.endpoint, base, percent);
  }
  if (step.kind === 'superseded') return superseded(rollout, step.current);
  const former = base.length > 0 ? base : (before?.traffic ?? []);
  if (step.kind === 'failed') return rollBack(rollout, step.endpoint, former, notServed(rollout, step.reason));
  if (step.kind === 'noReplica') return finishUnserved(rollout, step.endpoint, former);
  return finish(rollout, step.endpoint, former, null);
}

/**
 * The alias comes last, and only while the traffic is as this rollout has set it. Where it cannot follow because it was
 * moved, the traffic goes back.
 */
async function finish(
  rollout: Rollout,
  standing: RolloutEndpoint,
  former: readonly RolloutShare[],
  note: string | null,
): Promise<Outcome> {
  const { generation } = standing;
  const moved = await moveAlias(rollout, { name: rollout.endpoint, generation }, note);
  if (moved.kind === 'moved') return { status: 'promoted', reason: note };
  if (moved.current?.generation !== generation) return superseded(rollout, moved.current);
  return rollBack(rollout, standing, former, aliasMoved(rollout, moved.version));
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
  const { port, endpoint, isServed, heard } = rollout;
  const applied = await replicasApplied(port, endpoint, set.endpoint.generation, isServed, heard);
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
  standing: RolloutEndpoint,
  traffic: readonly RolloutShare[],
  why: string,
): Promise<Outcome> {
  const set = await changeTraffic(rollout, standing, traffic);
  if (set.kind === 'conflict') return superseded(rollout, set.current);
  const back = `Endpoint ${rollout.endpoint} is back to ${describeTraffic(traffic)}.`;
  return { status: 'rolledBack', reason: `${why} ${back}` };
}

async function finishUnserved(
  rollout: Rollout,
  standing: RolloutEndpoint,
  former: readonly RolloutShare[],
): Promise<Outcome> {
  const { endpoint } = rollout;
  const whole = trafficWith([], versionOf(rollout), 100);
  const set = await changeTraffic(rollout, standing, whole);
  if (set.kind === 'conflict') return superseded(rollout, set.current);
  const note =
    `no replica is live; endpoint ${endpoint} is set to ${describeTraffic(whole)} ` +
    `(generation ${set.endpoint.generation}) and the first serving process that starts will serve it`;
  return finish(rollout, set.endpoint, former, note);
}

function notServed({ input, version }: Rollout, reason: string): string {
  return `${input.model} v${version} is not served: ${reason}. Mend the model, then promote again.`;
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
