/** How a serving process is set up; all of it comes from the environment. */
export interface ServingSettings {
  readonly home: string;
  readonly project: string;
  /** 127.0.0.1 unless told otherwise: the protocol knows no users, so a wider address needs something in front. */
  readonly host: string;
  /** 0 for any that is free. */
  readonly port: number;
}

/** @throws RangeError when the port is none. */
export function servingSettings(
  env: NodeJS.ProcessEnv,
  where: { readonly home: string; readonly project: string },
): ServingSettings {
  const text = env.MILLRACE_SERVING_PORT ?? '0';
  const port = Number(text);
  if (!/^\d+$/.test(text) || port > 65_535) {
    throw new RangeError(`MILLRACE_SERVING_PORT is '${text}'; it has to be a port, or 0 for any that is free.`);
  }
  return { home: where.home, project: where.project, host: env.MILLRACE_SERVING_HOST || '127.0.0.1', port };
}
