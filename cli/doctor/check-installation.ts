import { entryPoint } from '../system/entry-points.ts';
import { type Check, ok } from './check.ts';

const OLDEST_NODE: readonly [number, number] = [20, 19];

export function checkNode(version: string): Check {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  const [oldestMajor, oldestMinor] = OLDEST_NODE;
  if (major > oldestMajor || (major === oldestMajor && minor >= oldestMinor)) return ok('Node.js', version);
  const cure = `Install Node.js ${OLDEST_NODE.join('.')} or newer.`;
  return { name: 'Node.js', status: 'missing', found: version, cure };
}

/** A clone has no dist/ until it is built. */
export function checkBuild(): Check {
  try {
    for (const name of ['api', 'workers', 'local', 'serving'] as const) entryPoint(name);
    return ok('processes', 'API, workers, local runner and serving');
  } catch (error) {
    const found = error instanceof Error ? error.message : String(error);
    return { name: 'processes', status: 'missing', found, cure: 'Build Millrace with `npm run build` in its folder.' };
  }
}
