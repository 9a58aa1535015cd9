/** A statement that does not stop the compilation, and costs the author something: cache hits, or a surprise at run time. */
export interface CodeWarning {
  /** Relative to the pipeline's folder, with `/`. */
  readonly file: string;
  /** From 1. */
  readonly line: number;
  /** The statement's first line. */
  readonly statement: string;
  /** What it means and what to write instead; names file, line and statement. */
  readonly message: string;
}
