import type { Gang } from '../../ir/protocol/gang.ts';
import { gangVariables } from '../../ir/protocol/gang-variables.ts';
import { SAME_EVERYWHERE } from '../../platform/same-everywhere.ts';

/**
 * What a handler's process takes over from the worker's environment: what programs need to run at all. Nothing else,
 * for the rest may hold the store's, Temporal's or a cloud's credentials.
 */
const BASICS = [
  'PATH',
  'HOME',
  'USER',
  'LOGNAME',
  'SHELL',
  'TMPDIR',
  'TEMP',
  'TMP',
  'LD_LIBRARY_PATH',
  'DYLD_LIBRARY_PATH',
  'SSL_CERT_FILE',
  'SSL_CERT_DIR',
  'NODE_EXTRA_CA_CERTS',
  // Without these nothing starts on Windows.
  'SYSTEMROOT',
  'SYSTEMDRIVE',
  'COMSPEC',
  'PATHEXT',
  'WINDIR',
  'USERPROFILE',
  'APPDATA',
  'LOCALAPPDATA',
];

/** The basics of an environment. Reading a process' own is slow: a host does it once. */
export function basicsOf(own: Readonly<Record<string, string | undefined>>): Record<string, string> {
  const basics = Object.entries(own).filter((entry): entry is [string, string] => {
    const name = entry[0].toUpperCase();
    return entry[1] !== undefined && BASICS.includes(name);
  });
  return Object.fromEntries(basics);
}

/**
 * The basics, what is the same everywhere, the devices that the task has to itself, over all what the step declares, and
 * what its replicas are told, which no step may declare.
 */
export function childEnv(
  basics: Readonly<Record<string, string>>,
  declared: Readonly<Record<string, string>>,
  devices: readonly number[] | null,
  gang: Gang | undefined,
): Record<string, string> {
  const visible = devices === null ? {} : { CUDA_VISIBLE_DEVICES: devices.join(',') };
  return { ...basics, ...SAME_EVERYWHERE, ...visible, ...declared, ...(gang ? gangVariables(gang) : {}) };
}
