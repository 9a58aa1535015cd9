import { readFileSync } from 'node:fs';
import { parse } from 'yaml';
import { z } from 'zod';

const words = z.array(z.union([z.string(), z.number()]).transform(String));
/** As compose reads it where nobody sets the variable: `${NAME:-default}` is the default. */
const setting = z
  .union([z.string(), z.number()])
  .transform((value) => String(value).replaceAll(/\$\{\w+:-([^}]*)\}/g, '$1'));
const settings = z.record(z.string(), setting).default({});

const serviceSchema = z.object({
  image: z.string(),
  build: z.object({ context: z.string(), dockerfile: z.string() }).optional(),
  entrypoint: words.optional(),
  command: words.optional(),
  environment: settings,
  healthcheck: z.object({ test: words }).optional(),
  depends_on: z.record(z.string(), z.object({ condition: z.string() })).default({}),
  ports: z.array(z.string()).default([]),
  volumes: z.array(z.string()).default([]),
  secrets: z.array(z.string()).default([]),
  profiles: z.array(z.string()).default([]),
  restart: z.string(),
  read_only: z.boolean().default(false),
  init: z.boolean().default(false),
  security_opt: words,
  cap_drop: words,
  mem_limit: z.string(),
});

/** What the tests look at of a service. */
export type ComposeService = z.infer<typeof serviceSchema>;

const composeSchema = z.object({
  services: z.record(z.string(), serviceSchema),
  secrets: z.record(z.string(), z.object({ file: z.string() })),
  volumes: z.record(z.string(), z.unknown()),
});

export const COMPOSE_FILE = 'docker-compose.yml';

/** The file as YAML has it, with what its anchors stand for. */
export function composeDocument(): unknown {
  return parse(readFileSync(COMPOSE_FILE, 'utf8'), { merge: true });
}

export function readCompose(): z.infer<typeof composeSchema> {
  return composeSchema.parse(composeDocument());
}

/** The services that run Millrace's own image. */
export function ownServices(): readonly (readonly [string, ComposeService])[] {
  return Object.entries(readCompose().services).filter(([, { image }]) => image.startsWith('millrace:'));
}

/** What the image starts, before a service's own words: the ENTRYPOINT of its Dockerfile. */
export function imageEntrypoint(): readonly string[] {
  const text = readFileSync('deploy/Dockerfile', 'utf8');
  return words.parse(JSON.parse(/^ENTRYPOINT (\[.*\])$/m.exec(text)?.[1] ?? '[]'));
}

/** What the image sets, before a service's own environment. */
export function imageEnvironment(): Readonly<Record<string, string>> {
  const line = /^ENV (.+)$/m.exec(readFileSync('deploy/Dockerfile', 'utf8'))?.[1] ?? '';
  return Object.fromEntries(line.split(' ').map((pair) => pair.split('=', 2)));
}
