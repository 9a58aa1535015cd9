import { existsSync } from 'node:fs';
import { type ClientConnectConfig, loadClientConfigProfile, toClientOptions } from '@temporalio/envconfig';
import { secretSetting } from './secret-setting.ts';

/** Which Temporal to use, and how one gets in. */
export interface TemporalSettings {
  /** `host:port`. */
  readonly address: string;
  readonly namespace: string;
  /**
   * A namespace that no other server has, MILLRACE_TEMPORAL_MARK: one that a home starts itself has it, and another home's
   * may have got the port a moment earlier. Null for a server that is configured.
   */
  readonly mark: string | null;
  /** As both of Temporal's clients take it: with TLS, the API key and further headers. Never to be shown. */
  readonly connection: ClientConnectConfig['connectionOptions'];
}

type Environment = Readonly<Record<string, string | undefined>>;

const PREFIX = 'TEMPORAL_';

/**
 * Temporal's own settings, by its own names: TEMPORAL_ADDRESS, TEMPORAL_NAMESPACE, TEMPORAL_TLS_*, TEMPORAL_API_KEY,
 * TEMPORAL_GRPC_META_*; TEMPORAL_CONFIG_FILE with TEMPORAL_PROFILE; and TEMPORAL_API_KEY_FILE, which is Millrace's.
 * An empty variable counts as unset. Temporal's file in the user's home is read only where TEMPORAL_PROFILE names a
 * profile: a laptop whose `temporal` command is set up for a cluster would otherwise run its pipelines there.
 *
 * @returns null where no server is named.
 * @throws RangeError that names what is wrong, and no secret.
 * @example temporalSettings({ TEMPORAL_ADDRESS: 'temporal:7233' })?.namespace // 'default'
 */
export function temporalSettings(env: Environment): TemporalSettings | null {
  const { address, namespace, ...rest } = connectConfig(env);
  if (address === null) return null;
  return { address, namespace, mark: env.MILLRACE_TEMPORAL_MARK || null, connection: { ...rest.connection, address } };
}

/** Names for what is to be unset where a process is given a Temporal that has neither keys nor TLS. */
export function temporalVariables(env: Environment): readonly string[] {
  return Object.keys(env).filter((name) => name.startsWith(PREFIX));
}

function connectConfig(env: Environment) {
  const given = givenIn(env);
  const file = given.TEMPORAL_CONFIG_FILE;
  if (file !== undefined && !existsSync(file)) {
    throw new RangeError(`TEMPORAL_CONFIG_FILE names ${file}, and there is no such file. Correct it, or unset it.`);
  }
  try {
    const disableFile = file === undefined && given.TEMPORAL_PROFILE === undefined;
    const profile = loadClientConfigProfile({ overrideEnvVars: given, disableFile });
    refuseHalfPair(profile.tls);
    const { namespace, connectionOptions } = toClientOptions(profile);
    return { address: profile.address ?? null, namespace: namespace ?? 'default', connection: connectionOptions };
  } catch (cause) {
    if (cause instanceof RangeError) throw cause;
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new RangeError(`Temporal's settings cannot be used: ${reason}. Look at the TEMPORAL_* variables.`, { cause });
  }
}

function givenIn(env: Environment): Record<string, string> {
  const given = temporalVariables(env).flatMap((name) => (env[name] ? [[name, env[name]] as const] : []));
  const apiKey = secretSetting(env, 'TEMPORAL_API_KEY');
  return { ...Object.fromEntries(given), ...(apiKey === null ? {} : { TEMPORAL_API_KEY: apiKey }) };
}

/** The library would leave half a pair out, and the server's refusal would say nothing of it. */
function refuseHalfPair(tls: ReturnType<typeof loadClientConfigProfile>['tls']): void {
  if ((tls?.clientCert === undefined) === (tls?.clientKey === undefined)) return;
  const [has, lacks] = tls?.clientCert === undefined ? ['KEY', 'CERT'] : ['CERT', 'KEY'];
  throw new RangeError(
    `Temporal's client ${has.toLowerCase()} is set (TEMPORAL_TLS_CLIENT_${has}_PATH), and its ${lacks.toLowerCase()} is not: set TEMPORAL_TLS_CLIENT_${lacks}_PATH.`,
  );
}
