import type { PipelineIR } from './pipeline-ir.ts';

/** Raised when the interface between packaged code and the runtime changes; it is part of every package's digest. */
export const RUNTIME_INTERFACE = 1;

/**
 * The code of one step, digested together: its own bundle, the files it declared, and the exact versions of the
 * packages that stay outside the bundle.
 */
export interface CodePackage {
  /** The digest of this manifest without its `digest` and `warnings`; names the package everywhere. */
  readonly digest: string;
  readonly runtimeInterface: number;
  /** A CommonJS module whose `default` export is the step; null for steps that are a command alone. */
  readonly bundle: { readonly digest: string; readonly size: number } | null;
  /** Path (relative, `/`) to digest. */
  readonly files: Readonly<Record<string, string>>;
  /** Package name to exact version. A worker that has another one refuses the task and says so. */
  readonly externals: Readonly<Record<string, string>>;
}

/** Who runs a step, to the byte. */
export type CodeRef =
  | {
      readonly kind: 'package';
      readonly digest: string;
      /** Digest of the map from the bundle to lines of the author's files; a command has none. No part of any key. */
      readonly sourceMap?: string;
    }
  /** Part of Millrace itself. `digest` is of the step's own bundle, so that an edit of another step leaves it alone. */
  | { readonly kind: 'builtin'; readonly step: string; readonly digest: string }
  /** Nothing of ours: a container image, or a worker in another language. */
  | { readonly kind: 'none' };

/** What `millrace compile` writes, and what a run is submitted with. Its digest is that of its canonical JSON. */
export interface CompiledPipeline {
  readonly millrace: 1;
  readonly ir: PipelineIR;
  readonly irDigest: string;
  /** By the keys of `ir.steps`. */
  readonly code: Readonly<Record<string, CodeRef>>;
  /** The manifests of the packages that `code` names, by digest. */
  readonly packages: Readonly<Record<string, CodePackage>>;
}
