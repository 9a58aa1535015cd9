import type { AdmissionGate } from './admission-gate.ts';
import type { UnpackedCode } from './code-folders.ts';
import type { HandlerFiles } from './handler-files.ts';
import type { HandlerPool } from './handler-pool.ts';
import type { TaskHostSettings } from './task-host-settings.ts';

/** What all attempts of a host share. */
export interface HostParts {
  readonly settings: TaskHostSettings;
  readonly files: HandlerFiles;
  readonly gate: AdmissionGate;
  /** What it has to give are turns of light tasks, a `cpu` each. */
  readonly lightGate: AdmissionGate;
  readonly pool: HandlerPool;
  /** Brings a code package to this machine. */
  readonly unpackCode: (digest: string) => Promise<UnpackedCode>;
  /** What children take over from this process' environment. */
  readonly basics: Readonly<Record<string, string>>;
}
