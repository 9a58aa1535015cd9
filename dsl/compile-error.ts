/** What is wrong with a pipeline, for callers that branch on it. */
export type CompileErrorCode =
  | 'asyncBody'
  | 'badName'
  | 'badValue'
  | 'coercion'
  | 'cycle'
  | 'droppedCondition'
  | 'duplicateName'
  | 'escapingRef'
  | 'outsideBody'
  | 'partitions'
  | 'queue'
  | 'schedule'
  | 'schema'
  | 'settings'
  | 'trigger'
  | 'unknownField';

const BRAND: unique symbol = Symbol.for('millrace.compileError');

/** A pipeline or step that cannot be compiled. The message says which, what is wrong, and what to write instead. */
export class CompileError extends Error {
  override readonly name = 'CompileError';
  readonly code: CompileErrorCode;
  /** Told by brand, for a pipeline file may load a second copy of this module. */
  readonly [BRAND] = true;

  constructor(code: CompileErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

export function isCompileError(error: unknown): error is CompileError {
  return typeof error === 'object' && error !== null && BRAND in error;
}
