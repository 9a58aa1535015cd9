import { describe, expect, it } from 'vitest';
import { readS3Place, textOfPlace } from './s3-place.ts';

describe('the place of artifacts in S3', () => {
  it('is a bucket, with or without a prefix', () => {
    const none = { endpoint: null, region: null, pathStyle: false };
    expect(readS3Place('s3://models')).toEqual({ bucket: 'models', prefix: '', ...none });
    expect(readS3Place('s3://models/')).toEqual({ bucket: 'models', prefix: '', ...none });
    expect(readS3Place('s3://models/team-a/ml_1/')).toEqual({ bucket: 'models', prefix: 'team-a/ml_1', ...none });
    expect(textOfPlace(readS3Place('s3://models'))).toBe('s3://models');
    expect(textOfPlace(readS3Place('s3://models/a/b?region=eu-west-1'))).toBe('s3://models/a/b');
  });

  it('may be on another server, in a region', () => {
    expect(readS3Place('s3://models/ml?endpoint=http://127.0.0.1:9000/&region=eu-west-1&pathStyle=true')).toEqual({
      ...{ bucket: 'models', prefix: 'ml', endpoint: 'http://127.0.0.1:9000', region: 'eu-west-1', pathStyle: true },
    });
  });

  it.each([
    ['/srv/artifacts', 'is no address of the form s3://'],
    ['https://models.s3.amazonaws.com', 'is no address of the form s3://'],
    ['s3://', 'is no address|no bucket can have that name'],
    ['s3://Models_1', 'no bucket can have that name'],
    ['s3://models:9000/x', 'no bucket can have that name'],
    ['s3://models/a/../b', "has the prefix 'a/../b'"],
    ['s3://models/a//b', "has the prefix 'a//b'"],
    ['s3://models/a%2f..%2fb', "has the prefix 'a%2f"],
    ['s3://models/a b', "has the prefix 'a b'"],
    ['s3://models/a#b', "has a '#'"],
    ['s3://models?pathStyle=yes', 'a pathStyle that is neither true nor false'],
    ['s3://models?endpoint=127.0.0.1:9000', 'an endpoint that is no http'],
    ['s3://models?region=a&region=b', "'region' twice"],
    ['s3://models?versioning=on', "has the setting 'versioning'"],
  ])('is refused as %s', (text, said) => {
    expect(() => readS3Place(text)).toThrow(new RegExp(`^MILLRACE_ARTIFACTS .*${said.replaceAll(/[.*/]/g, '.')}`));
  });

  it.each([
    's3://AKIA:hunter2@models/a',
    's3://AKIA/hunter2@models',
    's3://models?accessKeyId=hunter2&secretAccessKey=hunter2',
    's3://models?endpoint=http://user:hunter2@127.0.0.1:9000',
  ])('is refused with credentials in it, which no message repeats: %s', (text) => {
    expect(() => readS3Place(text)).toThrow(/^MILLRACE_ARTIFACTS .*credentials/);
    expect(() => readS3Place(text)).not.toThrow(/hunter2/);
  });
});
