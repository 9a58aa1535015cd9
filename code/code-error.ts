/**
 * What stopped a pipeline file from becoming packages.
 *
 * - `fileMissing`, `syntax`, `importNotFound`, `loadFailed`: the file cannot be read, parsed, linked or run, with the
 *   body of its pipeline.
 * - `notAPipeline`: it runs, and has no pipeline where one is looked for.
 * - `stepNotFound`: a step that no module holds at its top level, so that no bundle could name it.
 * - `nativePackage`: an import of native code that workers do not provide.
 * - `lightStep`: a light step that needs more than a control worker gives.
 * - `declaredFile`: a declared file that is missing, or lies outside the pipeline's folder.
 * - `bundle`: the bundler refused a step for another reason.
 * - `builtin`: a step of Millrace's own that this installation does not know.
 */
export type CodeErrorCode =
  | 'fileMissing'
  | 'syntax'
  | 'importNotFound'
  | 'loadFailed'
  | 'notAPipeline'
  | 'stepNotFound'
  | 'nativePackage'
  | 'lightStep'
  | 'declaredFile'
  | 'bundle'
  | 'builtin';

/** The author's to mend: the message says what is wrong, where, and what to write instead. */
export class CodeError extends Error {
  override readonly name = 'CodeError';
  readonly code: CodeErrorCode;

  constructor(code: CodeErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
