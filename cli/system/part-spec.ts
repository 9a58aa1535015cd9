import type { Part } from './system-file.ts';

/** How one process of the system is started, and how one knows that it is of use. */
export interface PartSpec {
  readonly part: Part;
  readonly command: string;
  readonly args: readonly string[];
  /** Beside what the supervisor's own environment has. */
  readonly env: Readonly<Record<string, string>>;
  /**
   * `ipc`: a Node process that says `{ kind: 'ready' }`, or `{ kind: 'failed', message }`, and ends when its parent is
   * gone. A function: resolves once the process answers; for programs that are not ours.
   */
  readonly ready: 'ipc' | ((signal: AbortSignal) => Promise<void>);
  /** How long it has to end after SIGTERM. */
  readonly graceMs: number;
}
