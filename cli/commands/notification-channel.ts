import {
  ApiError,
  type Channel,
  type CreateNotification,
  MAIL_TLS,
  NOTIFIED_EVENTS,
  type TargetUrl,
} from '../../server/client.ts';
import { CliError, EXIT } from '../cli-error.ts';
import { findPlace } from '../place.ts';
import { withApi } from '../system/with-api.ts';
import { type Common, printCreated } from './notifications-handlers.ts';

interface CreateOptions extends Common {
  readonly channel: Channel['kind'];
  readonly on: string;
  readonly pipeline?: readonly string[];
  readonly url?: string;
  readonly urlSecret?: string;
  readonly signWith?: string;
  readonly smtp?: string;
  readonly tls?: string;
  readonly user?: string;
  readonly passwordSecret?: string;
  readonly from?: string;
  readonly to?: readonly string[];
}

export async function createNotification(name: string, options: CreateOptions): Promise<void> {
  const body: CreateNotification = {
    name,
    channel: channelOf(options),
    events: options.on.split(',').map((word) => oneOf('--on', word.trim(), NOTIFIED_EVENTS)),
    pipelines: options.pipeline ?? null,
  };
  const made = await withApi(findPlace(options), (client) => client.createNotification(body).catch(refuse), {
    writes: true,
  });
  await printCreated(options, made);
}

/** By which option a field of the API was given. */
const OPTION_OF: Readonly<Record<string, string>> = {
  name: 'The name',
  pipelines: '--pipeline',
  'channel.url.text': '--url',
  'channel.url.secret': '--url-secret',
  'channel.signWith': '--sign-with',
  'channel.host': '--smtp',
  'channel.port': '--smtp',
  'channel.tls': '--tls',
  'channel.user': '--user',
  'channel.password': '--password-secret',
  'channel.from': '--from',
  'channel.to': '--to',
};

/** @throws CliError that names options where the API names its fields, and all else as it is. */
function refuse(error: unknown): never {
  if (!(error instanceof ApiError) || error.code !== 'invalidRequest' || error.parts.length === 0) throw error;
  const faults = error.parts.map(({ at, message }) => `${OPTION_OF[at.replace(/\.\d+$/, '')] ?? at} ${message}`);
  throw new CliError(EXIT.badInput, `${faults.join('; ')}.`, { cause: error });
}

/** @throws CliError for what is missing, or of another channel. */
function channelOf(options: CreateOptions): Channel {
  refuseOthers(options);
  if (options.channel === 'slack') return { kind: 'slack', url: urlOf(options) };
  if (options.channel === 'webhook') {
    return { kind: 'webhook', url: urlOf(options), signWith: options.signWith ?? null };
  }
  const { host, port } = serverOf(options);
  return {
    ...{ kind: 'email', host, port, tls: oneOf('--tls', options.tls ?? 'starttls', MAIL_TLS) },
    ...{ user: options.user ?? null, password: options.passwordSecret ?? null },
    from: given(options.from, '--from ADDRESS'),
    to: given(options.to, '--to ADDRESS'),
  };
}

const OF_CHANNEL = {
  webhook: ['url', 'urlSecret', 'signWith'],
  slack: ['url', 'urlSecret'],
  email: ['smtp', 'tls', 'user', 'passwordSecret', 'from', 'to'],
} as const;

function refuseOthers(options: CreateOptions): void {
  const own: readonly string[] = OF_CHANNEL[options.channel];
  const other = Object.values(OF_CHANNEL)
    .flat()
    .find((name) => options[name] !== undefined && !own.includes(name));
  if (other === undefined) return;
  const flag = other.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
  throw new CliError(EXIT.badInput, `--${flag} is not of the channel ${options.channel}.`);
}

function urlOf({ url, urlSecret }: CreateOptions): TargetUrl {
  if (url !== undefined && urlSecret !== undefined) {
    throw new CliError(EXIT.badInput, 'Give --url or --url-secret, not both.');
  }
  if (urlSecret !== undefined) return { kind: 'secret', secret: urlSecret };
  return { kind: 'text', text: given(url, '--url URL, or --url-secret SECRET') };
}

const SUBMISSION_PORT = 587;
const TLS_PORT = 465;

function serverOf({ smtp, tls }: CreateOptions): { host: string; port: number } {
  const server = given(smtp, '--smtp HOST:PORT');
  const [, host = server, port = String(tls === 'tls' ? TLS_PORT : SUBMISSION_PORT)] =
    /^(.+):(\d+)$/.exec(server) ?? [];
  return { host, port: Number(port) };
}

function given<T>(value: T | undefined, what: string): T {
  if (value !== undefined) return value;
  throw new CliError(EXIT.badInput, `The channel needs ${what}.`);
}

function oneOf<const Choice extends string>(option: string, word: string, choices: readonly Choice[]): Choice {
  const found = choices.find((choice) => choice === word);
  if (found !== undefined) return found;
  throw new CliError(EXIT.badInput, `${option} has '${word}' in it, which is none of ${choices.join(', ')}.`);
}
