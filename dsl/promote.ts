import { type Duration, parseDuration } from '../ir/duration.ts';
import type { JsonValue } from '../ir/json.ts';
import { PromoteNode, type Promotion } from '../ir/nodes/promote-node.ts';
import type { Model } from './artifact-types.ts';
import { lowerIn } from './lower.ts';
import { afterOf, type NodeOptions } from './node-options.ts';
import { recordNode } from './record-node.ts';
import { claimName, recordingScope, refusal, type Scope } from './recorder.ts';
import type { Ref, RefCore } from './ref.ts';
import { settingsIn } from './step-contract-of.ts';
import type { Operand, Wired } from './wired.ts';

/** How an endpoint comes to a new version: by shares of its traffic, each kept for a while and watched. */
export interface RolloutStrategy {
  /** Percent, growing: `[5, 25, 100]`. */
  readonly canary: readonly number[];
  /** How long each share is watched before the next. */
  readonly bake?: Duration;
}

interface PromotionFields {
  readonly model: RefCore<Model>;
  /** Default `champion`. */
  readonly alias?: Operand<string>;
  readonly strategy?: RolloutStrategy;
  /** Kept with the version: the numbers that speak for it. */
  readonly evidence?: Wired<JsonValue>;
}

/** With no endpoint, the registry's name says what is promoted: for models that serve in batch only. */
export type PromotionRequest = PromotionFields &
  (
    | { readonly endpoint: Operand<string>; readonly name?: Operand<string> }
    | { readonly endpoint?: undefined; readonly name: Operand<string> }
  );

/**
 * Makes a model a version of the registry, moves its alias and, where an endpoint is named, brings it into its traffic.
 * A version that does worse on the way is rolled back: that is a value (`status`), not a failure.
 */
export function promote(request: PromotionRequest, options: NodeOptions = {}): Ref<Promotion> {
  const scope = recordingScope('`promote`');
  const name = claimName(scope, options.name ?? 'promote', 'promote');
  const title = `promote '${name}'`;
  if (request.endpoint === undefined && request.name === undefined) {
    throw refusal('badValue', scope, `${title} has neither \`name\` nor \`endpoint\``, 'Name the model that it makes.');
  }
  if (request.strategy) checkStrategy(scope, title, request.strategy);
  const inputs = Object.fromEntries(
    Object.entries(request)
      .filter(([, value]) => value !== undefined)
      .map(([field, value]) => [field, lowerIn(scope, value, `input '${field}' of ${title}`)]),
  );
  const after = afterOf(scope, options, title);
  return recordNode(scope, PromoteNode.create({ name, after, inputs }), null);
}

function checkStrategy(scope: Scope, title: string, { canary, bake }: RolloutStrategy): void {
  const isGrowing = canary.every((percent, index) => percent > (canary[index - 1] ?? 0) && percent <= 100);
  if (canary.length === 0 || !isGrowing) {
    throw refusal(
      'badValue',
      scope,
      `the canary of ${title} is [${canary.join(', ')}]`,
      'Give percents that grow, from above 0 to at most 100, as in [5, 25, 100].',
    );
  }
  if (bake !== undefined) settingsIn(`Pipeline '${scope.pipeline}', ${title}, bake`, () => parseDuration(bake));
}
