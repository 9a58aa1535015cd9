export type InferenceErrorKind =
  | 'notOnnx'
  /** An ONNX file whose inputs or outputs are not those that are due. */
  | 'signature'
  /** A transform that cannot be fitted, or does not fit its data or model. */
  | 'transform'
  /** A folder that is not a model, or one whose parts do not belong together. */
  | 'notAModel';

/** A model or transform that is not as it should be: the message names it and says what to do next. */
export class InferenceError extends Error {
  override readonly name = 'InferenceError';
  readonly kind: InferenceErrorKind;
  /** The same model is as wrong the next time. */
  readonly retryable = false;

  constructor(kind: InferenceErrorKind, message: string, options?: ErrorOptions) {
    super(message, options);
    this.kind = kind;
  }
}
