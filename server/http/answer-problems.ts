import type { ErrorRequestHandler, RequestHandler } from 'express';
import type { Logger } from 'pino';
import { ArtifactError, type ArtifactErrorKind } from '../../store/artifacts/artifact-store.ts';
import { MetadataError, type MetadataErrorKind, PageError } from '../../store/metadata/metadata-store.ts';
import { SecretError } from '../../store/secrets/secret-provider.ts';
import { TemporalAway } from '../temporal/temporal-gateway.ts';
import { ApiProblem, type ProblemCode, problemDocument } from './problem.ts';

const OF_ARTIFACT: Readonly<Record<ArtifactErrorKind, ProblemCode>> = {
  missing: 'notFound',
  corrupt: 'internal',
  unsafePath: 'internal',
  noSpace: 'noSpace',
  unavailable: 'storeAway',
};

const OF_METADATA: Readonly<Record<MetadataErrorKind, ProblemCode>> = {
  notFound: 'notFound',
  conflict: 'conflict',
  newerSchema: 'storeAway',
  noSpace: 'noSpace',
  unavailable: 'storeAway',
};

export const noSuchRoute: RequestHandler = (request) => {
  throw new ApiProblem('notFound', `There is no ${request.method} ${request.path}.`);
};

/** The last handler: every error becomes a problem document. What nobody foresaw is logged with its stack, never sent. */
export function answerProblems(log: Logger): ErrorRequestHandler {
  return (error, request, response, next) => {
    if (response.headersSent) {
      next(error);
      return;
    }
    const problem = asProblem(error);
    if (problem.code === 'internal')
      log.error({ err: error, method: request.method, path: request.path }, 'request failed');
    const document = problemDocument(problem);
    response.status(document.status).type('application/problem+json').send(JSON.stringify(document));
  };
}

/** An error as the problem that a person is told of; what nobody foresaw is `internal`. */
export function asProblem(error: unknown): ApiProblem {
  if (error instanceof ApiProblem) return error;
  if (error instanceof PageError) return new ApiProblem('invalidRequest', error.message, { cause: error });
  if (error instanceof MetadataError) return new ApiProblem(OF_METADATA[error.kind], error.message, { cause: error });
  if (error instanceof ArtifactError) return new ApiProblem(OF_ARTIFACT[error.kind], error.message, { cause: error });
  if (error instanceof SecretError) return new ApiProblem('secretUnreadable', error.message, { cause: error });
  if (error instanceof TemporalAway) {
    return new ApiProblem('temporalAway', error.message, {
      next: error.next ?? 'Look at `millrace doctor`, start what is missing and repeat; or use `millrace run --local`.',
      cause: error,
    });
  }
  return (
    ofBodyParser(error) ??
    new ApiProblem('internal', 'Millrace failed on this request; its log has the reason.', { cause: error })
  );
}

/** express.json() and express.raw() throw errors that carry a status and a type. */
function ofBodyParser(error: unknown): ApiProblem | null {
  if (!(error instanceof Error) || !('type' in error)) return null;
  if (error.type === 'entity.too.large') return new ApiProblem('tooLarge', 'The body is larger than this API takes.');
  if (error.type === 'entity.parse.failed')
    return new ApiProblem('invalidRequest', `The body is no JSON: ${error.message}.`);
  return null;
}
