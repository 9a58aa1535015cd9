import { Refusal, TRY_WITHIN_MS } from './refusal.ts';

/**
 * Posts JSON once. Redirects are not followed: a target that is allowed must not pass the request on to one that is not.
 *
 * @param url what people may see of it stays out of errors, for it may be secret
 * @throws Refusal for all but an answer of 2xx within `TRY_WITHIN_MS`; the reason of `signal` when it fires.
 */
export async function post(
  url: string,
  body: string,
  headers: Readonly<Record<string, string>>,
  signal: AbortSignal,
): Promise<void> {
  const within = AbortSignal.timeout(TRY_WITHIN_MS);
  const response = await fetch(checkedUrl(url), {
    ...{ method: 'POST', body, redirect: 'manual', signal: AbortSignal.any([signal, within]) },
    headers: { 'content-type': 'application/json', 'user-agent': 'Millrace', ...headers },
  }).catch((error: unknown) => {
    signal.throwIfAborted();
    if (within.aborted) throw new Refusal(`It did not answer within ${TRY_WITHIN_MS / 1_000} s.`);
    throw new Refusal(`It was not to be reached (${codeOf(error)}).`);
  });
  // Nothing of the answer is of use, however long it is.
  await response.body?.cancel().catch(() => undefined);
  if (response.ok) return;
  const moved = response.status >= 300 && response.status < 400 ? ', a redirect, which is not followed' : '';
  throw new Refusal(`It answered ${response.status}${moved}.`);
}

function checkedUrl(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : null;
  if (url !== null && (url.protocol === 'https:' || url.protocol === 'http:')) return url;
  throw new Refusal('Its address is no http or https URL.');
}

function codeOf(error: unknown): string {
  const cause = error instanceof Error ? error.cause : null;
  return cause instanceof Error && 'code' in cause ? String(cause.code) : 'no connection';
}
