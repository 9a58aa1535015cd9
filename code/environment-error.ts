/**
 * A code package that this machine cannot run as it was compiled: corrupt, of another runtime interface, or in want of
 * a package. Another try on the same worker ends the same way; `TaskFailure.kind` is `environment`.
 */
export class EnvironmentError extends Error {
  override readonly name = 'EnvironmentError';
  /** Read by the task host. */
  readonly retryable = false;
}
