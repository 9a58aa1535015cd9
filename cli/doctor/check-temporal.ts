import { type TemporalSettings, temporalSettings } from '../../platform/temporal-settings.ts';
import { describeTemporal, locatePresentTemporal } from '../temporal/find-temporal.ts';
import { onPath } from '../temporal/on-path.ts';
import { TEMPORAL_VERSION } from '../temporal/releases.ts';
import { realSurroundings } from '../temporal/surroundings.ts';
import { type Check, ok } from './check.ts';
import { reachTemporal } from './reach-temporal.ts';

const ANSWERS_WITHIN_MS = 3_000;

export async function checkTemporal(env: NodeJS.ProcessEnv): Promise<Check> {
  const settings = settingsIn(env);
  if ('cure' in settings) return settings;
  if (settings.server !== null) return checkServer(settings.server);
  const source = await locatePresentTemporal(realSurroundings(env, () => {}));
  if (source !== null) return ok('Temporal', describeTemporal(source).replace('Temporal: ', ''));
  return {
    name: 'Temporal',
    status: 'warning',
    found: 'no address, none on PATH, none cached',
    cure: `\`millrace up\` fetches version ${TEMPORAL_VERSION}; \`millrace run --local\` needs none.`,
  };
}

function settingsIn(env: NodeJS.ProcessEnv): Check | { readonly server: TemporalSettings | null } {
  try {
    return { server: temporalSettings(env) };
  } catch (error) {
    const found = error instanceof Error ? error.message : String(error);
    return { name: 'Temporal', status: 'missing', found, cure: 'Correct or unset that variable.' };
  }
}

/** Every command that needs Temporal takes the configured server, and no other. */
async function checkServer(settings: TemporalSettings): Promise<Check> {
  const { address, namespace, connection } = settings;
  const by = [connection.tls ? 'TLS' : 'no TLS', ...(connection.apiKey === undefined ? [] : ['an API key'])].join(', ');
  const found = `the server at ${address} (TEMPORAL_ADDRESS), namespace ${namespace}, ${by}`;
  const failure = await reachTemporal(settings, ANSWERS_WITHIN_MS);
  if (failure === null) return ok('Temporal', `${found}, answers`);
  const without = 'Without TEMPORAL_ADDRESS, Millrace starts its own.';
  return {
    name: 'Temporal',
    status: 'missing',
    found: `${found}: ${failure.what}`,
    cure: `${failure.next} ${without}`,
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
