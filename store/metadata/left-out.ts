/** The most bytes, as JSON, that a value may have to stand where runs and tasks are listed. */
export const LISTED_VALUE_BYTES = 16 << 10;
/** Of a failure, which has a message and a stack: as much as workers keep of both. */
export const LISTED_FAILURE_BYTES = 64 << 10;
/** The most that the values of one run's tasks may have together there: of those beyond it, too, only the size is told. */
export const LISTED_BYTES = 16 << 20;

/**
 * The most tasks that are listed of a run, with their attempts and metrics. First come those that stand in no item of a
 * fan-out and no round of a loop, then those that failed, those under way, and those that ended, the newest first.
 */
export const LISTED_TASKS = 1_000;

/** The most attempts of a task that are listed, the newest; their numbers tell how many there were. */
export const LISTED_ATTEMPTS = 20;
/** The most attempts that are listed of a run, but for the newest of each task, which always is. */
export const LISTED_ATTEMPTS_OF_RUN = 20_000;
/** The most that the failures of a run's attempts may have together. */
export const LISTED_ATTEMPT_BYTES = 4 << 20;
/** Characters of what an attempt says of its progress. */
export const LISTED_MESSAGE = 1_000;
/** The most metrics that are listed of a run, each by its newest point. */
export const LISTED_METRICS = 10_000;
/** The most points that a task which was not run gets of those of the task whose result it has. */
export const COPIED_POINTS = 1_000;

/** What was left out of a listed thing: of each value how many bytes of JSON it has, and null where it is there. */
export type LeftOut<Field extends string> = Readonly<Record<Field, number | null>>;
