import type { Endpoint, EndpointList } from '../../server/client.ts';
import { table } from '../output/table.ts';

/** An endpoint that gives a model a share of its requests. */
export interface ModelEndpoint {
  readonly name: string;
  readonly traffic: Endpoint['traffic'];
  /** Where it answers, one for each serving process that is up and serves it. */
  readonly urls: readonly string[];
}

export function endpointsOf(model: string, { items, replicas }: EndpointList): readonly ModelEndpoint[] {
  return items
    .filter(({ traffic }) => traffic.some((share) => share.model === model))
    .map(({ name, traffic }) => ({
      name,
      traffic,
      urls: replicas
        .filter(({ applied }) => applied[name]?.error === null)
        .map(({ url }) => `${url}/v2/models/${encodeURIComponent(name)}`),
    }));
}

export function endpointTable(model: string, endpoints: readonly ModelEndpoint[]): string {
  if (endpoints.length === 0) return 'No endpoint serves it.';
  const rows = endpoints.map(({ name, traffic, urls }) => [
    name,
    traffic.map((share) => shareText(model, share)).join(', '),
    urls.join(', ') || '- (served by no process now)',
  ]);
  return table(['ENDPOINT', 'TRAFFIC', 'URL'], rows);
}

function shareText(model: string, share: Endpoint['traffic'][number]): string {
  const other = share.model === model ? '' : `${share.model} `;
  return `${other}v${share.version} ${share.percent}%`;
}
