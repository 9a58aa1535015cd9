import type { CreateTrigger } from '../../server/client.ts';
import { CliError, EXIT } from '../cli-error.ts';

type SourceInput = CreateTrigger['on'];

/** What a trigger waits for, as options of the command line. */
export interface SourceOptions {
  readonly on?: SourceInput['kind'];
  readonly of?: string;
  readonly status?: readonly string[];
  readonly task?: string;
  readonly artifact?: string;
  readonly model?: string;
  readonly alias?: string;
  readonly path?: string;
  readonly files?: number;
  readonly query?: string;
  readonly database?: string;
  readonly rows?: number;
  readonly from?: string;
  readonly lateAfter?: string;
  readonly metric?: string;
  readonly above?: number;
  readonly below?: number;
  readonly olderThan?: string;
}

type Name = Exclude<keyof SourceOptions, 'on'>;

/** The options that a kind has to have, and those that it may have. */
const OPTIONS: { readonly [Kind in SourceInput['kind']]: readonly [due: readonly Name[], more: readonly Name[]] } = {
  runEnded: [['of'], ['status']],
  artifactPublished: [['of'], ['task', 'artifact']],
  versionAdded: [['model'], []],
  aliasMoved: [['model', 'alias'], []],
  partitionArrived: [[], ['path', 'files', 'query', 'database', 'rows', 'from', 'lateAfter']],
  metricCrossed: [
    ['of', 'metric'],
    ['task', 'above', 'below'],
  ],
  stale: [['of', 'olderThan'], ['artifact']],
  webhook: [[], []],
};

/** What stands for the value of one that a kind has to have. */
const VALUES: Partial<Record<Name, string>> = {
  ...{ of: 'PIPELINE', model: 'NAME', alias: 'NAME', metric: 'NAME' },
  olderThan: '26h',
};

const FIELDS: Partial<Record<Name, string>> = { of: 'pipeline', status: 'statuses' };

/**
 * Undefined where none of them is given. What their values say is checked by the API.
 *
 * @throws CliError for one that is missing, or that belongs to another kind
 */
export function sourceOf({ on, ...given }: SourceOptions): SourceInput | undefined {
  const names = NAMES.filter((name) => given[name] !== undefined);
  if (on === undefined) {
    const [first] = names;
    if (first === undefined) return undefined;
    throw new CliError(EXIT.badInput, `${flag(first)} says more of what a trigger waits for, and --on is not given.`, {
      next: `Say what it waits for: ${kindsWith(first)
        .map((kind) => `--on ${kind}`)
        .join(' or ')}.`,
    });
  }
  const [due, more] = OPTIONS[on];
  const missing = due.find((name) => given[name] === undefined);
  if (missing !== undefined) {
    const all = due.map((name) => `${flag(name)} ${VALUES[name] ?? '…'}`);
    throw new CliError(EXIT.badInput, `--on ${on} needs ${flag(missing)}.`, {
      next: `Give all of --on ${on} ${all.join(' ')}.`,
    });
  }
  const foreign = names.find((name) => ![...due, ...more].includes(name));
  if (foreign !== undefined) {
    throw new CliError(EXIT.badInput, `--on ${on} takes no ${flag(foreign)}.`, {
      next: `Leave it out; it belongs to ${kindsWith(foreign)
        .map((kind) => `--on ${kind}`)
        .join(' and ')}.`,
    });
  }
  const fields = names
    .filter((name) => name !== 'above' && name !== 'below')
    .map((name) => [FIELDS[name] ?? name, given[name]]);
  return { kind: on, ...Object.fromEntries(fields), ...(on === 'metricCrossed' ? limitOf(given) : {}) };
}

function kindsWith(name: Name): readonly string[] {
  return Object.entries(OPTIONS).flatMap(([kind, lists]) => (lists.flat().includes(name) ? [kind] : []));
}

const NAMES = [...new Set(Object.values(OPTIONS).flatMap(([due, more]) => [...due, ...more]))];

function limitOf({ above, below }: SourceOptions) {
  const limit = above ?? below;
  if (limit !== undefined && (above === undefined) !== (below === undefined) && !Number.isNaN(limit)) {
    return { side: above === undefined ? 'below' : 'above', limit };
  }
  throw new CliError(EXIT.badInput, '--on metricCrossed needs a number as its limit: --above or --below.', {
    next: 'Give one of them, as --above 0.2.',
  });
}

function flag(name: Name): string {
  return `--${name.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
}
