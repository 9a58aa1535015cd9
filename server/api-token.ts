import { secretSetting } from '../platform/secret-setting.ts';

const FEWEST_CHARACTERS = 16;

/**
 * MILLRACE_API_TOKEN, or MILLRACE_API_TOKEN_FILE; null where callers need none.
 *
 * @throws RangeError for one that could be guessed, or that no header can carry.
 */
export function apiToken(env: NodeJS.ProcessEnv): string | null {
  const token = secretSetting(env, 'MILLRACE_API_TOKEN');
  if (token === null || (token.length >= FEWEST_CHARACTERS && /^[\x21-\x7e]+$/.test(token))) return token;
  throw new RangeError(
    `MILLRACE_API_TOKEN has to have ${FEWEST_CHARACTERS} characters or more of ASCII, without spaces: \`openssl rand -hex 32\` makes one.`,
  );
}
