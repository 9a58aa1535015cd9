import { NAMESPACE } from '../system/part-specs.ts';
import { untilTemporalAnswers } from '../system/temporal-ready.ts';
import { describeTemporal, locatePresentTemporal } from '../temporal/find-temporal.ts';
import { onPath } from '../temporal/on-path.ts';
import { TEMPORAL_VERSION } from '../temporal/releases.ts';
import { realSurroundings } from '../temporal/surroundings.ts';
import { type Check, ok } from './check.ts';

const ANSWERS_WITHIN_MS = 3_000;

export async function checkTemporal(env: NodeJS.ProcessEnv): Promise<Check> {
  const source = await locatePresentTemporal(realSurroundings(env, () => {}));
  if (source?.kind === 'address') return checkServer(source.address, env.TEMPORAL_NAMESPACE || NAMESPACE);
  if (source !== null) return ok('Temporal', describeTemporal(source).replace('Temporal: ', ''));
  return {
    name: 'Temporal',
    status: 'warning',
    found: 'no address, none on PATH, none cached',
    cure: `\`millrace up\` fetches version ${TEMPORAL_VERSION}; \`millrace run --local\` needs none.`,
  };
}

/** Every command that needs Temporal takes the configured server, and no other. */
async function checkServer(address: string, namespace: string): Promise<Check> {
  const found = `the server at ${address} (TEMPORAL_ADDRESS), namespace ${namespace}`;
  const answers = await untilTemporalAnswers(address, namespace, AbortSignal.timeout(ANSWERS_WITHIN_MS)).then(
    () => true,
    () => false,
  );
  if (answers) return ok('Temporal', `${found}, answers`);
  const cure =
    'Start that server, or correct TEMPORAL_ADDRESS and TEMPORAL_NAMESPACE. Without TEMPORAL_ADDRESS, Millrace starts its own; `millrace run --local` needs none.';
  return { name: 'Temporal', status: 'missing', found: `${found}, does not answer`, cure };
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
