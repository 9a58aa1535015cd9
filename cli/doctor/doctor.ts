import { EXIT } from '../cli-error.ts';
import { type FormatOptions, formatOf } from '../output/format-option.ts';
import { print } from '../output/print.ts';
import { table } from '../output/table.ts';
import { findPlace, type PlaceOptions } from '../place.ts';
import type { Check } from './check.ts';
import { checkArtifacts } from './check-artifacts.ts';
import { checkHome } from './check-home.ts';
import { checkBuild, checkNode } from './check-installation.ts';
import { checkMetadata } from './check-metadata.ts';
import { checkSecrets } from './check-secrets.ts';
import { checkPorts, checkSystem } from './check-system.ts';
import { checkPython, checkTemporal } from './check-temporal.ts';

/** `millrace doctor`: looks at everything that Millrace needs; it fetches nothing, and leaves nothing running. */
export async function doctor(options: PlaceOptions & FormatOptions): Promise<void> {
  const place = findPlace(options);
  const checks = await Promise.all([
    checkNode(process.versions.node),
    checkBuild(),
    checkHome(place.home),
    checkMetadata(place),
    checkArtifacts(place, process.env),
    checkTemporal(process.env),
    checkPython(process.env),
    checkSystem(place),
    checkSecrets(place),
    checkPorts(place),
  ]);
  await print(formatOf(options), { checks }, () => report(checks));
  if (checks.some((check) => check.status === 'missing')) process.exitCode = EXIT.unreachable;
}

function report(checks: readonly Check[]): string {
  const rows = checks.map((check) => [check.status, check.name, check.found]);
  const cures = checks.filter((check) => check.cure !== null).map((check) => `${check.name}: ${check.cure}`);
  return [table(['', 'WHAT', 'FOUND'], rows), ...cures].join('\n');
}
