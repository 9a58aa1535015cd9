import { existsSync } from 'node:fs';
import type { ApiClient } from '../../server/client.ts';
import { CliError, EXIT } from '../cli-error.ts';
import type { Place } from '../place.ts';
import { startApiAlone } from './api-alone.ts';
import { apiClient } from './api-client.ts';
import { refuseOtherMetadata } from './other-metadata.ts';
import { findRunningSystem } from './running-system.ts';

/**
 * Does something with the API: that of the running system, or else one started for just this (`isUp` is false then).
 *
 * @param writes Whether it makes something, and so the home, too, where there is none.
 */
export async function withApi<T>(
  place: Place,
  use: (client: ApiClient, isUp: boolean) => Promise<T>,
  { writes = false } = {},
): Promise<T> {
  const client = await runningApi(place);
  if (client !== null) return use(client, true);
  if (!writes) refuseNothing(place);
  const api = await startApiAlone(place);
  try {
    return await use(apiClient(api.url, place.project), false);
  } finally {
    await api.stop();
  }
}

/** @throws CliError for a home in which nothing was done yet: reading it is no reason to make one. */
export function refuseNothing({ home }: Place): void {
  if (process.env.MILLRACE_API_URL || process.env.MILLRACE_METADATA || existsSync(home)) return;
  throw new CliError(EXIT.badInput, `There is nothing of Millrace in ${home} yet.`, {
    next: 'Run a pipeline first: `millrace run FILE`. Or name the folder with --home.',
  });
}

/**
 * Does something that only a whole system can: decide, cancel.
 *
 * @param ended looks in the store while none is up; null where only a system can say more.
 * @throws CliError `unreachable` when none is up and it is needed.
 */
export async function withSystem<T>(
  place: Place,
  use: (client: ApiClient) => Promise<T>,
  ended: (client: ApiClient) => Promise<T | null>,
): Promise<T> {
  const client = await runningApi(place);
  if (client !== null) return use(client);
  const known = existsSync(place.home) || process.env.MILLRACE_METADATA ? await withApi(place, ended) : null;
  if (known !== null) return known;
  throw new CliError(EXIT.unreachable, `No system of ${place.home} is up.`, {
    next: 'Start it with `millrace up --detach`.',
  });
}

/**
 * The API of the running system, or of the one that MILLRACE_API_URL names.
 *
 * @param opensStores Whether the command starts a process beside it that opens the stores itself.
 * @throws CliError `badInput` when the running system serves another project, or keeps its metadata elsewhere.
 */
export async function runningApi(place: Place, opensStores = false): Promise<ApiClient | null> {
  const named = process.env.MILLRACE_API_URL;
  if (named) return apiClient(apiUrl(named), place.project);
  const system = await findRunningSystem(place.home);
  if (system === null) return null;
  if (system.project !== place.project) {
    throw new CliError(
      EXIT.badInput,
      `The system of ${place.home} serves the project ${system.project}, not ${place.project}.`,
      {
        next: `Leave --project out, or end it and start one with \`millrace up --project ${place.project}\`.`,
      },
    );
  }
  refuseOtherMetadata(place.home, system, opensStores);
  return apiClient(system.urls.api, place.project);
}

/** @throws CliError `badInput` for what is no URL of an API. */
export function apiUrl(named: string): string {
  const url = URL.canParse(named) ? new URL(named) : null;
  if (url?.protocol === 'http:' || url?.protocol === 'https:') return named.replace(/\/$/, '');
  throw new CliError(EXIT.badInput, `MILLRACE_API_URL is '${named}', which is no URL of an API.`, {
    next: 'Give one such as http://127.0.0.1:7420, or unset it to use the system of this folder.',
  });
}
