/** The most bytes, as JSON, that a value may have to stand where runs and tasks are listed. */
export const LISTED_VALUE_BYTES = 16 << 10;
/** The most that the values of one run's tasks may have together there: of those beyond it, too, only the size is told. */
export const LISTED_BYTES = 16 << 20;

/** What was left out of a listed thing: of each value how many bytes of JSON it has, and null where it is there. */
export type LeftOut<Field extends string> = Readonly<Record<Field, number | null>>;
