import type { RolloutShare } from './rollout-port.ts';

/** Shares are dealt in hundredths of a percent, in whole numbers, so that they add up to 100 exactly. */
const WHOLE = 10_000;

type Version = Pick<RolloutShare, 'model' | 'version'>;

/** What an endpoint serves beside a version, scaled up to the whole; empty when there is nothing else. */
export function trafficWithout(traffic: readonly RolloutShare[], version: Version): readonly RolloutShare[] {
  return deal(
    traffic.filter((share) => share.percent > 0 && !isSameVersion(share, version)),
    WHOLE,
  );
}

/** A version at `percent`, the rest as `base` shares it. Where `base` is empty the version takes all. */
export function trafficWith(base: readonly RolloutShare[], version: Version, percent: number): readonly RolloutShare[] {
  const share = base.length === 0 ? WHOLE : Math.round(percent * 100);
  const rest = share === WHOLE ? [] : deal(base, WHOLE - share);
  return [...rest, { model: version.model, version: version.version, percent: share / 100 }];
}

/** Whether two lists say the same, whatever their order. */
export function isSameTraffic(left: readonly RolloutShare[], right: readonly RolloutShare[]): boolean {
  return (
    left.length === right.length &&
    left.every((share) => right.some((other) => isSameVersion(share, other) && share.percent === other.percent))
  );
}

/** `flight-delays v3 at 95 %, flight-delays v4 at 5 %`. */
export function describeTraffic(traffic: readonly RolloutShare[]): string {
  if (traffic.length === 0) return 'no version';
  return traffic.map((share) => `${share.model} v${share.version} at ${share.percent} %`).join(', ');
}

function isSameVersion(left: Version, right: Version): boolean {
  return left.model === right.model && left.version === right.version;
}

/** Deals hundredths by the shares' proportions; what rounding leaves over goes to the largest share. */
function deal(shares: readonly RolloutShare[], hundredths: number): readonly RolloutShare[] {
  const sum = shares.reduce((total, share) => total + share.percent, 0);
  const parts = shares.map((share) => Math.floor((share.percent / sum) * hundredths));
  const over = hundredths - parts.reduce((total, part) => total + part, 0);
  const largest = parts.indexOf(Math.max(...parts));
  return shares.map(({ model, version }, index) => ({
    model,
    version,
    percent: ((parts[index] ?? 0) + (index === largest ? over : 0)) / 100,
  }));
}
