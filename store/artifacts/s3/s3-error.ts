import { ArtifactError } from '../artifact-store.ts';
import { type S3Place, textOfPlace } from './s3-place.ts';

/** What is the matter, and what to do, by the names that S3, what speaks its protocol, and the SDK give. */
const KNOWN: Readonly<Record<string, (place: S3Place) => string>> = {
  NoSuchBucket: ({ bucket }) => `there is no bucket '${bucket}'. Make it, or correct MILLRACE_ARTIFACTS`,
  AccessDenied: denied,
  Forbidden: denied,
  AllAccessDisabled: denied,
  InvalidAccessKeyId: badCredentials,
  SignatureDoesNotMatch: badCredentials,
  XAdminUserNotFound: badCredentials,
  InvalidToken: badCredentials,
  ExpiredToken: () => 'the credentials have expired. Renew them (`aws sso login`, for instance) and start again',
  CredentialsProviderError: () =>
    'no credentials were found. Set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, AWS_PROFILE, or give the machine a role',
  RequestTimeTooSkewed: () =>
    "this machine's clock differs too much from the server's. Set it, by NTP for instance, and try again",
  PermanentRedirect: otherRegion,
  AuthorizationHeaderMalformed: otherRegion,
  InvalidBucketName: ({ bucket }) => `the server takes no bucket of the name '${bucket}'. Correct MILLRACE_ARTIFACTS`,
};

const NO_ROOM = ['QuotaExceeded', 'InsufficientStorage', 'XMinioStorageFull', 'XAdminQuotaExceeded'];
const NETWORK = [
  ...['ECONNREFUSED', 'ECONNRESET', 'ENOTFOUND', 'EAI_AGAIN', 'ETIMEDOUT', 'EHOSTUNREACH', 'ENETUNREACH', 'EPIPE'],
  ...['TimeoutError', 'CERT_HAS_EXPIRED', 'DEPTH_ZERO_SELF_SIGNED_CERT', 'UNABLE_TO_VERIFY_LEAF_SIGNATURE'],
];

/** What S3 or the way there said, as an error that callers know. `tried` begins the sentence. */
export function s3Error(error: unknown, tried: string, place: S3Place): Error {
  if (error instanceof ArtifactError) return error;
  const { names, status, message } = detailsOf(error);
  const where = `${tried}, ${textOfPlace(place)}`;
  if (names.some((name) => NO_ROOM.includes(name)) || status === 507) {
    const cure = 'Nothing was left behind. Make room there, or raise its quota, and repeat.';
    return new ArtifactError('noSpace', `${where}: there is no room (${message}). ${cure}`, { cause: error });
  }
  const reason = reasonOf(names, status, message, place);
  return new ArtifactError('unavailable', `${where}: ${reason}.`, { cause: error });
}

/** Whether the object is not there, told apart from a bucket or a user that is not. */
export function isMissing(error: unknown): boolean {
  return detailsOf(error).names.some((name) => name === 'NoSuchKey' || name === 'NotFound');
}

/** Whether another has written the object meanwhile, or the server is about to say so. */
export function isPresent(error: unknown): boolean {
  return ['PreconditionFailed', 'ConditionalRequestConflict'].some((name) => detailsOf(error).names.includes(name));
}

/** Whether the server knows no conditional writes: what is written by digest may be written twice. */
export function isUnconditional(error: unknown): boolean {
  return detailsOf(error).names.includes('NotImplemented');
}

interface Details {
  readonly names: readonly string[];
  readonly status: number | null;
  readonly message: string;
}

function detailsOf(error: unknown): Details {
  if (!(error instanceof Error)) return { names: [], status: null, message: String(error) };
  const code = 'code' in error && typeof error.code === 'string' ? [error.code] : [];
  // Several addresses of one name that are all refused come as one error without a message.
  const inner = error instanceof AggregateError ? error.errors.map(detailsOf) : [];
  const metadata = '$metadata' in error ? (error.$metadata as { readonly httpStatusCode?: number }) : {};
  return {
    names: [error.name, ...code, ...inner.flatMap(({ names }) => names)],
    status: metadata.httpStatusCode ?? null,
    message: [error.message, ...inner.map(({ message }) => message)].find((text) => text !== '') ?? error.name,
  };
}

function reasonOf(names: readonly string[], status: number | null, message: string, place: S3Place): string {
  const known = names.map((name) => KNOWN[name]).find((words) => words !== undefined);
  if (known) return known(place);
  if (message === 'Region is missing')
    return 'no region is known. Add region=… to MILLRACE_ARTIFACTS, or set AWS_REGION';
  if (names.some((name) => NETWORK.includes(name))) {
    const server = place.endpoint ?? 'S3';
    return `${server} cannot be reached (${message}). See that it is up and that MILLRACE_ARTIFACTS names it`;
  }
  if (status === 403) return denied();
  if (status === 301) return otherRegion();
  if (status === 429 || (status !== null && status >= 500)) {
    return `the server did not take it in several tries (${status} ${names[0]}). Try again when it has less to do, or is well`;
  }
  return `the server said: ${message.replace(/\.$/, '')}${names[0] === undefined ? '' : ` (${names[0]})`}`;
}

function denied(): string {
  return 'access is denied. The credentials need s3:ListBucket on the bucket, and s3:GetObject, s3:PutObject and s3:AbortMultipartUpload below the prefix';
}

function badCredentials(): string {
  return 'the credentials are refused. Correct AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or the profile that AWS_PROFILE names';
}

function otherRegion(): string {
  return 'the bucket is in another region. Add region=… to MILLRACE_ARTIFACTS, or correct it';
}
