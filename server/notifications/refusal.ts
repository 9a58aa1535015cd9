/** A target that did not take a message. The text is kept in the history of deliveries; it has no secret. */
export class Refusal extends Error {
  override readonly name = 'Refusal';
}

/** Milliseconds for a whole try. */
export const TRY_WITHIN_MS = 10_000;
