import { temporalSettings } from '../../platform/temporal-settings.ts';
import { DEFAULT_PORTS } from './ports.ts';
import type { SystemUrls } from './system-file.ts';

export interface PortOptions {
  readonly port?: string;
  readonly servingPort?: string;
  readonly temporalPort?: string;
}

/** The parts that listen, with the option that names a port for each. */
export const LISTENERS = [
  { part: 'api', title: 'the API', option: '--port', asked: ({ port }: PortOptions) => port },
  { part: 'serving', title: 'serving', option: '--serving-port', asked: ({ servingPort }: PortOptions) => servingPort },
  {
    part: 'temporal',
    title: 'Temporal',
    option: '--temporal-port',
    asked: ({ temporalPort }: PortOptions) => temporalPort,
  },
] as const;

/** A line for each part that listens elsewhere than it usually does, for its port was taken. */
export function movedPorts(urls: SystemUrls, options: PortOptions): readonly string[] {
  return LISTENERS.flatMap(({ part, title, asked }) => {
    const port = portOf(urls[part]);
    const isElsewhere = part === 'temporal' && temporalSettings(process.env) !== null;
    if (asked(options) !== undefined || port === DEFAULT_PORTS[part] || isElsewhere) return [];
    return [`Port ${DEFAULT_PORTS[part]} is taken by another process: ${title} listens on ${port}.`];
  });
}

/** Of a URL, or of `host:port`. */
export function portOf(url: string): number {
  return Number(url.slice(url.lastIndexOf(':') + 1));
}
