/** Why a request gets no answer, in words that every protocol can turn into its own code. */
export type ServingErrorKind =
  | 'invalid'
  | 'forbidden'
  | 'notFound'
  | 'wrongMethod'
  | 'tooSlow'
  | 'tooLarge'
  | 'unavailable';

/** A refusal that the client is told: which endpoint and input, what is wrong, what to do next. */
export class ServingError extends Error {
  override readonly name = 'ServingError';
  readonly kind: ServingErrorKind;

  constructor(kind: ServingErrorKind, message: string) {
    super(message);
    this.kind = kind;
  }
}
