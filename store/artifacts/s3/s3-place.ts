/** Where in S3, or in what speaks its protocol, the stores of all projects lie. Credentials are no part of it. */
export interface S3Place {
  readonly bucket: string;
  /** Before every key, without slashes at its ends; '' for none. */
  readonly prefix: string;
  /** Null for AWS itself. */
  readonly endpoint: string | null;
  /** Null for the one that the AWS SDK finds. */
  readonly region: string | null;
  /** Whether the bucket is named in the path, not in the host's name: most servers but AWS want it. */
  readonly pathStyle: boolean;
}

const FORM = 's3://bucket/prefix?endpoint=http://host:port&region=name&pathStyle=true';
const BUCKET = /^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/;
/** What S3 takes without escaping, and no segment that a path could climb by. */
const SEGMENT = /^(?!\.{1,2}$)[A-Za-z0-9!_.*'()-]+$/;
const SETTINGS = ['endpoint', 'region', 'pathStyle'];

/**
 * Reads `s3://bucket/prefix?endpoint=…&region=…&pathStyle=…`. No more of a wrong one is told than what is wrong with it,
 * for it may hold a key.
 *
 * @throws RangeError
 */
export function readS3Place(text: string, name = 'MILLRACE_ARTIFACTS'): S3Place {
  const refuse = (what: string) => new RangeError(`${name} ${what}. Its form is ${FORM}.`);
  const url = URL.canParse(text) ? new URL(text) : null;
  if (url?.protocol !== 's3:') throw refuse('is no address of the form s3://');
  refuseCredentials(text, url, refuse);
  if (!BUCKET.test(url.hostname) || url.port !== '')
    throw refuse(`names the bucket '${url.host}', and no bucket can have that name`);
  // The path as it was written: a URL has resolved what climbs, and hidden that it did.
  const written = (/^s3:\/\/[^/?#]*([^?#]*)/i.exec(text)?.[1] ?? '').replace(/^\//, '').replace(/\/$/, '');
  if (written !== '' && !written.split('/').every((segment) => SEGMENT.test(segment))) {
    throw refuse(
      `has the prefix '${written}', and letters, digits and ! _ . * ' ( ) - between single slashes are all it may have`,
    );
  }
  const value = (setting: string) => url.searchParams.get(setting) || null;
  const pathStyle = value('pathStyle') ?? 'false';
  if (pathStyle !== 'true' && pathStyle !== 'false') throw refuse('has a pathStyle that is neither true nor false');
  return {
    bucket: url.hostname,
    prefix: written,
    endpoint: endpointOf(value('endpoint'), refuse),
    region: value('region'),
    pathStyle: pathStyle === 'true',
  };
}

/** For people, and for URIs of artifacts. */
export function textOfPlace({ bucket, prefix }: S3Place): string {
  return prefix === '' ? `s3://${bucket}` : `s3://${bucket}/${prefix}`;
}

type Refuse = (what: string) => RangeError;

function refuseCredentials(text: string, url: URL, refuse: Refuse): void {
  const [beforeSettings = ''] = text.split('?');
  const cure = 'set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, AWS_PROFILE or a role of the machine';
  if (beforeSettings.includes('@')) throw refuse(`holds credentials, which would be seen and logged: ${cure}`);
  if (url.hash !== '') throw refuse(`has a '#' in it`);
  for (const setting of new Set(url.searchParams.keys())) {
    if (!SETTINGS.includes(setting)) {
      throw refuse(
        `has the setting '${setting}', and knows ${SETTINGS.join(', ')} only; credentials are none of it: ${cure}`,
      );
    }
    if (url.searchParams.getAll(setting).length > 1) throw refuse(`has the setting '${setting}' twice`);
  }
}

function endpointOf(text: string | null, refuse: Refuse): string | null {
  if (text === null) return null;
  const url = URL.canParse(text) ? new URL(text) : null;
  if (url === null || !['http:', 'https:'].includes(url.protocol))
    throw refuse('has an endpoint that is no http:// or https:// address');
  if (url.username !== '' || url.password !== '')
    throw refuse('has an endpoint with credentials in it, which would be seen and logged');
  return text.replace(/\/$/, '');
}
