import { isLoopback } from '../platform/loopback.ts';

/** How a serving process is set up; all of it comes from the environment. */
export interface ServingSettings {
  readonly home: string;
  readonly project: string;
  /** 127.0.0.1 unless told otherwise. */
  readonly host: string;
  /** Whether it answers others than this machine's users too, though its protocol knows none. */
  readonly isOpen: boolean;
  /** 0 for any that is free. */
  readonly port: number;
}

/** @throws RangeError when the port is none, or the address is not this machine's own and nobody asked for that. */
export function servingSettings(
  env: NodeJS.ProcessEnv,
  where: { readonly home: string; readonly project: string },
): ServingSettings {
  const text = env.MILLRACE_SERVING_PORT ?? '0';
  const port = Number(text);
  if (!/^\d+$/.test(text) || port > 65_535) {
    throw new RangeError(`MILLRACE_SERVING_PORT is '${text}'; it has to be a port, or 0 for any that is free.`);
  }
  const host = env.MILLRACE_SERVING_HOST || '127.0.0.1';
  const isOpen = env.MILLRACE_SERVING_INSECURE === '1';
  if (!isOpen && !isLoopback(host)) throw refusal(host);
  return { home: where.home, project: where.project, host, isOpen, port };
}

function refusal(host: string): RangeError {
  return new RangeError(
    `Serving has no authentication yet and listens on this machine only, not on ${host}: ` +
      'leave MILLRACE_SERVING_HOST out, and reach it from elsewhere through an SSH tunnel. ' +
      'Where something in front of it knows its users, set MILLRACE_SERVING_INSECURE=1.',
  );
}
