import { NAME } from '../ir/name.ts';
import type { Dimension, Partitions, Period, StaticDimension, TimeDimension } from '../ir/partitions.ts';
import { exampleKey, periodNumber } from '../ir/period.ts';
import { LONGEST_STATIC_KEY, STATIC_KEY } from '../ir/read-partition.ts';
import { zoneName } from '../ir/time-zone.ts';
import { CompileError } from './compile-error.ts';

/** One way in which a pipeline's data is cut; it is checked when the pipeline is compiled. */
export type DimensionOptions =
  | (TimeOptions & { readonly kind: 'time'; readonly period: Period })
  | { readonly kind: 'static'; readonly keys: readonly string[] };

/** One dimension, or several by their names, in the order in which keys name them. */
export type PartitionOptions = DimensionOptions | Readonly<Record<string, DimensionOptions>>;

interface TimeOptions {
  /** Key of the first partition. */
  readonly start: string;
  /** Key of the last; they go on where it is left out. */
  readonly end?: string;
  /** An IANA name: where a day begins. `UTC` when left out. */
  readonly timezone?: string;
}

/** A partition a day. @example daily({ start: '2001-01-01', timezone: 'Europe/Berlin' }) // 2001-01-01, 2001-01-02, … */
export function daily(options: TimeOptions): DimensionOptions {
  return { ...options, kind: 'time', period: 'day' };
}

/** A partition a week, from Monday, numbered as in ISO 8601. @example weekly({ start: '2001-W01' }) */
export function weekly(options: TimeOptions): DimensionOptions {
  return { ...options, kind: 'time', period: 'week' };
}

/** A partition a month. @example monthly({ start: '2001-01', end: '2001-06' }) */
export function monthly(options: TimeOptions): DimensionOptions {
  return { ...options, kind: 'time', period: 'month' };
}

/** A partition an hour of UTC: in other zones an hour may come twice. @example hourly({ start: '2001-01-01T00' }) */
export function hourly(options: Omit<TimeOptions, 'timezone'>): DimensionOptions {
  return { ...options, kind: 'time', period: 'hour' };
}

/** A partition for each of some keys. @example statically(['eu', 'us']) */
export function statically(keys: readonly string[]): DimensionOptions {
  return { kind: 'static', keys };
}

/**
 * The partitions of a pipeline's file, checked.
 *
 * @throws CompileError `partitions` naming the pipeline.
 */
export function partitionsOf(pipeline: string, options: PartitionOptions): Partitions {
  const title = `The partitions of pipeline '${pipeline}'`;
  const named = isDimension(options) ? [[nameOf(options), options] as const] : Object.entries(options);
  const dimensions = named.map(([name, each]) => dimensionOf(title, name, each));
  if (dimensions.length === 0) throw refuse(`${title}: there is none; give one, as daily({ start: '2001-01-01' }).`);
  const times = dimensions.filter(({ kind }) => kind === 'time').map(({ name }) => name);
  if (times.length <= 1) return { dimensions };
  throw refuse(`${title}: ${times.join(' and ')} are of time, and one at most can be: a run has one logical time.`);
}

function isDimension(options: PartitionOptions): options is DimensionOptions {
  return typeof options.kind === 'string';
}

/** A single dimension needs no name of its own: its keys stand alone. */
function nameOf(options: DimensionOptions): string {
  return options.kind === 'time' ? options.period : 'key';
}

function dimensionOf(title: string, name: string, options: DimensionOptions): Dimension {
  if (!NAME.test(name)) throw refuse(`${title}: '${name}' is no name: a letter, then letters, digits, _ or -.`);
  const where = `${title}: ${name}`;
  return options.kind === 'time' ? timeDimension(where, name, options) : staticDimension(where, name, options.keys);
}

function timeDimension(where: string, name: string, options: DimensionOptions & { kind: 'time' }): TimeDimension {
  const { period, start, end = null, timezone = 'UTC' } = options;
  const zone = zoneName(timezone);
  if (zone === null) throw refuse(`${where}: '${timezone}' is no time zone; give an IANA name, as 'Europe/Berlin'.`);
  const first = numberAt(where, 'start', period, start);
  if (end !== null && numberAt(where, 'end', period, end) < first) {
    throw refuse(`${where} ends (${end}) before it starts (${start}).`);
  }
  return { kind: 'time', name, period, start, end, timezone: zone };
}

function numberAt(where: string, which: string, period: Period, key: string): number {
  const number = periodNumber(period, key);
  if (number !== null) return number;
  throw refuse(`${where}: its ${which} is '${key}', which is no ${period}; it is written as ${exampleKey(period)}.`);
}

function staticDimension(where: string, name: string, keys: readonly string[]): StaticDimension {
  if (keys.length === 0) throw refuse(`${where} has no keys; give some, as statically(['eu', 'us']).`);
  const bad = keys.find((key) => !STATIC_KEY.test(key) || key.length > LONGEST_STATIC_KEY);
  if (bad !== undefined) {
    throw refuse(
      `${where}: '${bad}' is no key: letters and digits, with single . or - between them, ${LONGEST_STATIC_KEY} at most.`,
    );
  }
  const twice = keys.find((key, index) => keys.indexOf(key) < index);
  if (twice !== undefined) throw refuse(`${where} has the key '${twice}' twice.`);
  return { kind: 'static', name, keys: [...keys] };
}

function refuse(message: string): CompileError {
  return new CompileError('partitions', message);
}
