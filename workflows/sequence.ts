/** Numbers what a run records, upwards. */
export interface Sequence {
  next(): number;
  last(): number;
  /** What comes next is greater than that, too. */
  pass(other: number): void;
}

export function sequenceAfter(first: number): Sequence {
  let last = first;
  return {
    next: () => ++last,
    last: () => last,
    pass: (other) => {
      last = Math.max(last, other);
    },
  };
}
