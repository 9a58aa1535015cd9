import { describeTemporal, locatePresentTemporal } from '../temporal/find-temporal.ts';
import { onPath } from '../temporal/on-path.ts';
import { TEMPORAL_VERSION } from '../temporal/releases.ts';
import { realSurroundings } from '../temporal/surroundings.ts';
import { type Check, ok } from './check.ts';

export async function checkTemporal(env: NodeJS.ProcessEnv): Promise<Check> {
  const source = await locatePresentTemporal(realSurroundings(env, () => {}));
  if (source !== null) return ok('Temporal', describeTemporal(source).replace('Temporal: ', ''));
  return {
    name: 'Temporal',
    status: 'warning',
    found: 'no address, none on PATH, none cached',
    cure: `\`millrace up\` fetches version ${TEMPORAL_VERSION}; \`millrace run --local\` needs none.`,
  };
}

/** Python is one of the ways to get Temporal, and what steps in Python run with. */
export async function checkPython(env: NodeJS.ProcessEnv): Promise<Check> {
  const surroundings = realSurroundings(env, () => {});
  const python = (await onPath('python3', surroundings)) ?? (await onPath('python', surroundings));
  const version = python === null ? null : await surroundings.execute(python, ['--version'], 10_000).catch(() => null);
  if (python !== null && version !== null) return ok('Python', `${python}, ${version.trim()}`);
  return {
    name: 'Python',
    status: 'warning',
    found: 'none on PATH',
    cure: 'Install Python 3 where steps are written in it; nothing else needs it.',
  };
}
