import type { FailureKind } from '../../ir/protocol/task-failure.ts';
import type { ErrorReport } from './handler-protocol.ts';

/** An error that already knows who has to act on it. It keeps that when a handler wraps it as a cause. */
export class KnownFailure extends Error {
  override readonly name: string;
  readonly failureKind: FailureKind;
  readonly retryable: boolean;

  constructor(failureKind: FailureKind, name: string, message: string, retryable = true) {
    super(message);
    this.name = name;
    this.failureKind = failureKind;
    this.retryable = retryable;
  }
}

const MAX_CAUSES = 5;
/** Characters: far more than is kept of them in the end, for they are masked before they are cut to that. */
const MOST_TOLD = 1 << 20;

/** Turns whatever was thrown into data. What is no Error is told as such, for it has no stack to find it by. */
export function reportOf(thrown: unknown): ErrorReport {
  if (!isErrorLike(thrown)) {
    return {
      name: 'NonError',
      message: `The handler threw ${describe(thrown)}, which is no Error. Throw an Error, so that its name and place are kept.`,
      stack: null,
      failureKind: null,
      retryable: true,
    };
  }
  const chain = causesOf(thrown);
  const known = chain.find((error) => error instanceof KnownFailure);
  const stack = chain.map((error) => error.stack ?? `${error.name}: ${error.message}`).join('\nCaused by: ');
  return {
    name: thrown.name.slice(0, MOST_TOLD),
    message: `${messageOf(chain).slice(0, MOST_TOLD)}${chain.some(isForWantOfRoom) ? MAKE_ROOM : ''}`,
    stack: stack.slice(0, MOST_TOLD),
    failureKind: known?.failureKind ?? null,
    retryable: chain.every((error) => !('retryable' in error && error.retryable === false)),
  };
}

/** The other way: an error that the asking side can throw. */
export function errorOf(report: ErrorReport): Error {
  if (report.failureKind) return new KnownFailure(report.failureKind, report.name, report.message, report.retryable);
  const error = new Error(report.message);
  error.name = report.name;
  return error;
}

const MAKE_ROOM =
  '. The worker could write no more: make room on its disk, or look for a quota or a file-size limit, and retry the run.';

/** Whether something could not be written because there is no room for it. */
export function wantsRoom(thrown: unknown): boolean {
  return isErrorLike(thrown) && causesOf(thrown).some(isForWantOfRoom);
}

function isForWantOfRoom(error: Error): boolean {
  return 'code' in error && ['ENOSPC', 'EDQUOT', 'EFBIG'].includes(String(error.code));
}

/** A cause that an error already quotes, as many do, would only say it twice. */
function messageOf(chain: readonly Error[]): string {
  const [first = '', ...others] = chain.map((error) => error.message);
  return others.reduce((told, next) => {
    const [line = ''] = next.split('\n');
    return line !== '' && told.includes(line.trim()) ? told : `${told.replace(/\.$/, '')}; because: ${next}`;
  }, first);
}

function causesOf(error: Error): readonly Error[] {
  const chain = [error];
  for (let cause = error.cause; isErrorLike(cause) && chain.length < MAX_CAUSES; cause = cause.cause) {
    if (chain.includes(cause)) break;
    chain.push(cause);
  }
  return chain;
}

/** Errors of another realm (a `vm` context, another copy of a library) fail `instanceof`. */
function isErrorLike(value: unknown): value is Error {
  return (
    value instanceof Error ||
    (typeof value === 'object' &&
      value !== null &&
      'message' in value &&
      typeof value.message === 'string' &&
      'name' in value &&
      typeof value.name === 'string')
  );
}

function describe(value: unknown): string {
  if (typeof value === 'string') return `the text '${value.slice(0, MOST_TOLD)}'`;
  if (typeof value !== 'object' || value === null) return String(value);
  const json = jsonOf(value);
  return json === null ? 'an object' : `the object ${json.slice(0, MOST_TOLD)}`;
}

/** Null for what JSON cannot say: a circle, a bigint, an object whose own code throws. */
function jsonOf(value: object): string | null {
  try {
    return JSON.stringify(value) ?? null;
  } catch {
    return null;
  }
}

/** What the code of a step threw, in whatever process it ran. */
export class HandlerFailed extends Error {
  override readonly name = 'HandlerFailed';
  readonly report: ErrorReport;

  constructor(report: ErrorReport) {
    super(report.message);
    this.report = report;
  }
}
