/**
 * A time zone as the IANA data writes it, in the letters' right case, for Temporal looks for it as for a file.
 *
 * @returns null for what is no zone: an offset as `+02:00` among them, which Temporal does not take.
 */
export function zoneName(given: string): string | null {
  if (!/^[A-Za-z]/.test(given)) return null;
  try {
    const { timeZone } = new Intl.DateTimeFormat('en', { timeZone: given }).resolvedOptions();
    // An alias is resolved to another name, which would surprise who gave it.
    return timeZone.toLowerCase() === given.toLowerCase() ? timeZone : given;
  } catch {
    return null;
  }
}

/**
 * A moment as clocks in a zone show it, with the offset: what summer time does to a schedule is seen there.
 *
 * @example momentIn('Europe/Berlin', Date.parse('2027-03-29T00:30:00Z')) // '2027-03-29 02:30:00 +02:00'
 */
export function momentIn(timezone: string, at: number): string {
  const parts = new Intl.DateTimeFormat('en', {
    timeZone: timezone,
    ...{ year: 'numeric', month: '2-digit', day: '2-digit', hour: '2-digit', minute: '2-digit', second: '2-digit' },
    hourCycle: 'h23',
    timeZoneName: 'longOffset',
  }).formatToParts(at);
  const part = (type: Intl.DateTimeFormatPartTypes) => parts.find((each) => each.type === type)?.value ?? '';
  const offset = part('timeZoneName').replace('GMT', '') || '+00:00';
  const date = `${part('year')}-${part('month')}-${part('day')}`;
  return `${date} ${part('hour')}:${part('minute')}:${part('second')} ${offset}`;
}

/** By zone: making one takes a hundred times as long as using it. */
const CLOCKS = new Map<string, Intl.DateTimeFormat>();

/** What clocks in a zone show at a moment, as if they stood in UTC. */
function shownAt(timezone: string, at: number): number {
  let clock = CLOCKS.get(timezone);
  if (clock === undefined) {
    clock = new Intl.DateTimeFormat('en', {
      ...{ timeZone: timezone, hourCycle: 'h23', calendar: 'gregory' },
      ...{ year: 'numeric', month: 'numeric', day: 'numeric', hour: 'numeric', minute: 'numeric', second: 'numeric' },
    });
    CLOCKS.set(timezone, clock);
  }
  const parts = new Map(clock.formatToParts(at).map(({ type, value }) => [type, Number(value)]));
  const part = (type: Intl.DateTimeFormatPartTypes) => parts.get(type) ?? 0;
  return Date.UTC(part('year'), part('month') - 1, part('day'), part('hour'), part('minute'), part('second'));
}

const DAY_MS = 86_400_000;

/**
 * The first moment, in milliseconds since the epoch, at which clocks in a zone show a time or a later one. A time that comes
 * twice is the first; in place of one that summer time leaves out it is the moment of the change.
 *
 * @param shown what the clocks show, as if they stood in UTC
 * @example instantOf('Europe/Berlin', Date.parse('2001-01-31T00:00Z')) // 2001-01-30T23:00Z
 */
export function instantOf(timezone: string, shown: number): number {
  const offsets = [shown - DAY_MS, shown + DAY_MS].map((near) => shownAt(timezone, near) - near);
  const candidates = offsets.map((offset) => shown - offset).sort((a, b) => a - b);
  const found = candidates.find((at) => shownAt(timezone, at) === shown);
  if (found !== undefined) return found;
  const [before = shown, after = shown] = candidates;
  return firstThat(before - 1, after, (at) => shownAt(timezone, at) >= shown);
}

/** Between a moment that is not so and a later one that is. */
function firstThat(before: number, after: number, isSo: (at: number) => boolean): number {
  if (after - before <= 1_000) return Math.ceil(after / 1_000) * 1_000;
  const middle = Math.floor((before + after) / 2);
  return isSo(middle) ? firstThat(before, middle, isSo) : firstThat(middle, after, isSo);
}
