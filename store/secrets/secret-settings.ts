export const SECRET_DRIVERS = ['env', 'files', 'store'] as const;
export type SecretDriver = (typeof SECRET_DRIVERS)[number];

export interface SecretSettings {
  /** Where secrets are looked for, one after the other. */
  readonly order: readonly SecretDriver[];
  /** What the driver `env` reads. */
  readonly variables: Readonly<Record<string, string | undefined>>;
  /** What the driver `files` reads; null for nothing. */
  readonly folder: string | null;
  /** The keys of what is stored, in base64, or a file with them; null for the file of the home. */
  readonly key: string | null;
  readonly keyFile: string | null;
}

/**
 * Where this process gets secrets from: MILLRACE_SECRETS, drivers in their order (`env,files,store`);
 * MILLRACE_SECRETS_DIR; MILLRACE_SECRETS_KEY or MILLRACE_SECRETS_KEY_FILE.
 *
 * @throws RangeError naming the variable and what is wrong with it.
 */
export function secretSettings(env: Readonly<Record<string, string | undefined>>): SecretSettings {
  const folder = env.MILLRACE_SECRETS_DIR || null;
  const order = orderOf(env.MILLRACE_SECRETS || SECRET_DRIVERS.join(','));
  if (folder === null && env.MILLRACE_SECRETS && order.includes('files')) {
    throw new RangeError(
      'MILLRACE_SECRETS names files, and MILLRACE_SECRETS_DIR does not say in which folder they are.',
    );
  }
  const [key, keyFile] = [env.MILLRACE_SECRETS_KEY || null, env.MILLRACE_SECRETS_KEY_FILE || null];
  if (key !== null && keyFile !== null) {
    throw new RangeError('MILLRACE_SECRETS_KEY and MILLRACE_SECRETS_KEY_FILE are both set: leave one of them out.');
  }
  return { order, variables: env, folder, key, keyFile };
}

function orderOf(text: string): readonly SecretDriver[] {
  const words = text.split(',').map((word) => word.trim());
  const order = SECRET_DRIVERS.filter((driver) => words.includes(driver)).sort(
    (left, right) => words.indexOf(left) - words.indexOf(right),
  );
  if (order.length === words.length) return order;
  throw new RangeError(
    `MILLRACE_SECRETS is '${text}'; it names drivers, each once, in the order in which they are asked: ${SECRET_DRIVERS.join(',')}.`,
  );
}
