/** What can go wrong with a request, and the HTTP status that says so. */
export const PROBLEM_STATUS = {
  invalidRequest: 400,
  invalidPipeline: 422,
  invalidParams: 422,
  invalidPartition: 422,
  invalidSchedule: 422,
  invalidTrigger: 422,
  missingBlobs: 422,
  noWorkerFits: 422,
  noSuchPool: 422,
  noSuchNotification: 422,
  digestMismatch: 422,
  unauthenticated: 401,
  badSignature: 401,
  forbiddenHost: 403,
  notFound: 404,
  conflict: 409,
  notForLocalRuns: 409,
  tooLarge: 413,
  unsupportedMediaType: 415,
  internal: 500,
  secretUnreadable: 503,
  temporalAway: 503,
  storeAway: 503,
  noSpace: 507,
} as const;
export type ProblemCode = keyof typeof PROBLEM_STATUS;

/** One thing that is wrong with one part of a request. */
export interface ProblemPart {
  /** What it is about: a parameter's name, a field of the body, a digest. */
  readonly at: string;
  readonly message: string;
}

/** The body of every answer that is no success (RFC 9457, `application/problem+json`). */
export interface ProblemDocument {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly detail: string;
  readonly code: ProblemCode;
  /** What to do about it; null when the detail says it already. */
  readonly next: string | null;
  readonly errors: readonly ProblemPart[];
}

/** Thrown by a route to end the request with a problem. The message is for the person who sent it. */
export class ApiProblem extends Error {
  override readonly name = 'ApiProblem';
  readonly code: ProblemCode;
  readonly next: string | null;
  readonly parts: readonly ProblemPart[];

  constructor(
    code: ProblemCode,
    message: string,
    more: { next?: string; parts?: readonly ProblemPart[]; cause?: unknown } = {},
  ) {
    super(message, { cause: more.cause });
    this.code = code;
    this.next = more.next ?? null;
    this.parts = more.parts ?? [];
  }
}

const TITLES: Readonly<Record<ProblemCode, string>> = {
  invalidRequest: 'The request is not as it should be',
  invalidPipeline: 'The compiled pipeline is not valid',
  invalidParams: 'The parameters do not fit the pipeline',
  invalidPartition: 'There is no such partition',
  invalidSchedule: 'The schedule is not valid',
  invalidTrigger: 'The trigger is not valid',
  missingBlobs: 'Code of the pipeline has not been uploaded',
  noWorkerFits: 'No worker can run the pipeline',
  noSuchPool: 'No pool has the slots that a task takes',
  noSuchNotification: 'There is no such notification to tell a message',
  digestMismatch: 'Content and digest differ',
  unauthenticated: 'The request has no valid token',
  badSignature: 'The request is not signed as it should be',
  forbiddenHost: 'The request came under a foreign name',
  notFound: 'There is no such thing',
  conflict: 'The state does not allow it',
  notForLocalRuns: 'Not for local runs',
  tooLarge: 'The request is too large',
  unsupportedMediaType: 'The content type is not taken',
  internal: 'Millrace failed',
  secretUnreadable: 'A secret, or the key of secrets, cannot be used',
  temporalAway: 'Temporal is away',
  storeAway: 'The metadata store is away',
  noSpace: 'The disk is full',
};

export function problemDocument(problem: ApiProblem): ProblemDocument {
  return {
    type: `urn:millrace:problem:${problem.code}`,
    title: TITLES[problem.code],
    status: PROBLEM_STATUS[problem.code],
    detail: problem.message,
    code: problem.code,
    next: problem.next,
    errors: problem.parts,
  };
}
