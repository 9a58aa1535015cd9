declare const MESSAGE: unique symbol;

/** A type that no value has, so that the compiler's message is a sentence. */
export interface TypeRefusal<Message extends string> {
  readonly [MESSAGE]: Message;
}
