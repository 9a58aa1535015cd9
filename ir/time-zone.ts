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
