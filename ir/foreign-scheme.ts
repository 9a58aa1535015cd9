/**
 * The scheme of a URI that this version does not read, as `s3`; null for `file:` and paths. One letter and a colon begin a
 * path on Windows.
 */
export function foreignScheme(uri: string): string | null {
  const scheme = /^([a-z][a-z0-9+.-]+):/i.exec(uri)?.[1]?.toLowerCase();
  return scheme === undefined || scheme === 'file' ? null : scheme;
}
