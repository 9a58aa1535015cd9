/** JSON as text, in every dialect: nothing looks inside it, and it comes back byte for byte. */
export type Json = string;
/** Milliseconds since the epoch. */
export type Time = number;
