import type { CodePackage } from '../../ir/compiled-pipeline.ts';
import type { ArtifactStore } from '../../store/artifacts/artifact-store.ts';
import type { MetadataStore } from '../../store/metadata/metadata-store.ts';
import type { SecretProvider } from '../../store/secrets/secret-provider.ts';
import type { Capacity } from './admission-gate.ts';
import type { HandlerFiles } from './handler-files.ts';

export interface TaskHostSettings {
  readonly artifacts: ArtifactStore;
  readonly metadata: MetadataStore;
  /** The manifest of a code package. @throws when nothing here knows of it. */
  readonly getPackage: (digest: string) => Promise<CodePackage>;
  /** Where unpacked code packages lie; may be emptied while nothing runs. */
  readonly cacheFolder: string;
  readonly workerId: string;
  readonly capacity: Capacity;
  readonly secrets: SecretProvider;
  /** How long a handler has to end after it was asked to stop. */
  readonly graceMs: number;
  /** By what name or address handlers on other machines reach handlers on this one. */
  readonly advertisedHost: string;
  /** Where the code of children and of built-in steps lies; that of this installation when left out. */
  readonly files?: HandlerFiles;
}
