import type { Collection } from '../retention/collect.ts';
import type { Collect } from '../schemas/collection.ts';
import type { EndpointList, Health, Readiness, WorkerList } from '../schemas/system.ts';
import { readJson, type Transport } from './transport.ts';

/** The system itself. */
export interface SystemClient {
  health(): Promise<Health>;
  /** Whether what it needs answers. */
  readiness(): Promise<Readiness>;
  endpoints(): Promise<EndpointList>;
  workers(): Promise<WorkerList>;
  /** Answered when it has ended. */
  collect(body: Collect): Promise<Collection>;
}

export function systemClient({ get, post, request, url }: Transport): SystemClient {
  return {
    health: async () => readJson<Health>(await request(`${url}/health`, { method: 'GET' })),
    readiness: async () => readReadiness(await request(`${url}/health/ready`, { method: 'GET' })),
    endpoints: () => get('endpoints'),
    workers: () => get('workers'),
    collect: (body) => post('collections', body),
  };
}

/** It says what it lacks with 503, which is an answer as well. */
async function readReadiness(response: Response): Promise<Readiness> {
  const body: unknown = await response
    .clone()
    .json()
    .catch(() => null);
  return isReadiness(body) ? body : readJson(response);
}

function isReadiness(body: unknown): body is Readiness {
  return typeof body === 'object' && body !== null && 'ready' in body;
}
