import type { Logger } from 'pino';
import type { ArtifactStore } from '../store/artifacts/artifact-store.ts';
import type { ContentSweep } from '../store/artifacts/stored-content.ts';
import type { MetadataStore } from '../store/metadata/metadata-store.ts';
import type { Secrets } from '../store/secrets/open-secrets.ts';
import type { TemporalGateway } from './temporal/temporal-gateway.ts';

/** What the routes work on. One server serves one project. */
export interface ServerContext extends Secrets {
  readonly project: string;
  readonly metadata: MetadataStore;
  readonly artifacts: ArtifactStore;
  readonly sweep: ContentSweep;
  /** Null when this server was started without Temporal. */
  readonly temporal: TemporalGateway | null;
  /** Who is taken to have sent a request. There is one user until there is authentication. */
  readonly user: string;
  readonly log: Logger;
  readonly now: () => number;
}
