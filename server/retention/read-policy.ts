import { parseDuration } from '../../ir/duration.ts';

/** What is to go, by age or count. What is null stays as long as what it hangs on. */
export interface RetentionPolicy {
  readonly runs:
    | { readonly kind: 'age'; readonly ms: number }
    | { readonly kind: 'count'; readonly count: number }
    | null;
  readonly logsMs: number | null;
  readonly artifactsMs: number | null;
  /** Events hang on nothing: they go after this. */
  readonly eventsMs: number;
}

/** As people write it: `30d`; of runs also how many of each pipeline. */
export interface PolicyText {
  readonly runs?: string;
  readonly logs?: string;
  readonly artifacts?: string;
  /** `30d` where it is left out. */
  readonly events?: string;
}

/**
 * @throws RangeError saying which part is wrong, and how it is written
 * @example readPolicy({ runs: '100', logs: '14d' })
 */
export function readPolicy({ runs, logs, artifacts, events = '30d' }: PolicyText): RetentionPolicy {
  return {
    runs: runs === undefined ? null : readRuns(runs),
    logsMs: logs === undefined ? null : ageOf('logs', logs),
    artifactsMs: artifacts === undefined ? null : ageOf('artifacts', artifacts),
    eventsMs: ageOf('events', events),
  };
}

const PARTS: readonly (keyof PolicyText)[] = ['runs', 'logs', 'artifacts', 'events'];

/**
 * Of MILLRACE_RETENTION: what the API collects by itself; null where it is not set, and nothing is collected.
 *
 * @throws RangeError
 * @example readRetention('runs=30d logs=14d artifacts=60d')
 */
export function readRetention(text: string | undefined): RetentionPolicy | null {
  if (!text) return null;
  const given: Partial<Record<keyof PolicyText, string>> = {};
  for (const part of text.trim().split(/\s+/)) {
    const [name = '', value = ''] = part.split('=');
    const known = PARTS.find((each) => each === name);
    if (known === undefined || value === '' || given[known] !== undefined) {
      throw new RangeError(
        `MILLRACE_RETENTION has '${part}' in it: write runs=, logs=, artifacts= and events= with a length of time, each once at most, as in 'runs=30d logs=14d'.`,
      );
    }
    given[known] = value;
  }
  return readPolicy(given);
}

function readRuns(text: string): RetentionPolicy['runs'] {
  if (/^\d+$/.test(text)) return { kind: 'count', count: Number(text) };
  return { kind: 'age', ms: ageOf('runs', text) };
}

function ageOf(what: keyof PolicyText, text: string): number {
  try {
    return Math.ceil(parseDuration(text));
  } catch (cause) {
    const orCount = what === 'runs' ? ', or how many of each pipeline are kept: 100' : '';
    throw new RangeError(
      `How long ${what} are kept is '${text}': write a length of time, as in 30d or 12h${orCount}.`,
      {
        cause,
      },
    );
  }
}
