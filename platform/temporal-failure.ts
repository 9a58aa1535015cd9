/** What keeps a client from its Temporal; `away` may pass by itself. */
export type TemporalFailureKind = 'tls' | 'refused' | 'namespace' | 'away';

export interface TemporalFailure {
  readonly kind: TemporalFailureKind;
  /** A sentence on what happened. */
  readonly what: string;
  /** What to do about it. */
  readonly next: string;
}

interface Target {
  readonly address: string;
  readonly namespace: string;
  /** As in the settings; left out where there is none. */
  readonly mark?: string | null;
}

/** Of gRPC: DEADLINE_EXCEEDED and UNAVAILABLE; PERMISSION_DENIED and UNAUTHENTICATED. */
const AWAY = [4, 14];
const REFUSED = [7, 16];
/** Of gRPC: what was asked of is not there. */
export const NOT_FOUND = 5;
const TLS = /certificate|\bssl\b|\btls\b|handshake|\balert\b/i;

/**
 * Tells what a failed call to Temporal means for whoever runs it, from the clients' nested errors.
 *
 * @returns null for an error that is none of the connection's: Temporal answered.
 */
export function temporalFailure(error: unknown, { address, namespace, mark = null }: Target): TemporalFailure | null {
  const chain = causesOf(error);
  const text = chain.map(({ message }) => message).join(': ');
  const has = (codes: readonly number[]) => chain.some(({ code }) => codes.includes(code));
  const isNoConnection = has(AWAY) || /failed to connect|transport::?error|transport error/i.test(text);
  const server = `Temporal at ${address}`;
  if (has(REFUSED)) {
    const next = 'Look at TEMPORAL_API_KEY or the client certificate, and at what they may do in this namespace.';
    return { kind: 'refused', what: `${server} does not let this client into namespace '${namespace}'.`, next };
  }
  if (isNoConnection && TLS.test(text)) return tlsFailure(address, reasonIn(text));
  if (mark !== null && has([NOT_FOUND]) && text.includes(mark)) {
    const next = 'Look at `millrace doctor`; `millrace down` and `millrace up` start it on another port.';
    return { kind: 'away', what: `${server} is not up yet, or is another home's.`, next };
  }
  if (has([NOT_FOUND]) && /namespace\b.*\bnot found/i.test(text)) {
    const next = `Correct TEMPORAL_NAMESPACE, or make it: \`temporal operator namespace create ${namespace}\`.`;
    return { kind: 'namespace', what: `${server} has no namespace '${namespace}'.`, next };
  }
  if (!isNoConnection) return null;
  const next = 'Start it, correct TEMPORAL_ADDRESS, or run without Temporal: `millrace run --local`.';
  return { kind: 'away', what: `${server} does not answer (${reasonIn(text)}).`, next };
}

/** @param reason of a handshake that failed, in the words of who made it. */
export function tlsFailure(address: string, reason: string): TemporalFailure {
  const next =
    'Look at TEMPORAL_TLS_SERVER_CA_CERT_PATH, TEMPORAL_TLS_SERVER_NAME, and the client certificate and its key, TEMPORAL_TLS_CLIENT_CERT_PATH and TEMPORAL_TLS_CLIENT_KEY_PATH.';
  return { kind: 'tls', what: `There is no secure connection to Temporal at ${address} (${reason}).`, next };
}

interface Cause {
  readonly message: string;
  readonly code: number;
}

function causesOf(error: unknown): readonly Cause[] {
  if (!(error instanceof Error)) return [{ message: String(error), code: -1 }];
  const code = 'code' in error && typeof error.code === 'number' ? error.code : codeIn(error.message);
  const details = 'details' in error && typeof error.details === 'string' ? ` ${error.details}` : '';
  return [{ message: error.message + details, code }, ...(error.cause === undefined ? [] : causesOf(error.cause))];
}

/** The native client tells gRPC's code in words alone, which are these. */
const IN_WORDS: readonly (readonly [string, number])[] = [
  ['does not have valid authentication credentials', 16],
  ['does not have permission', 7],
  ['requested entity was not found', NOT_FOUND],
];

function codeIn(message: string): number {
  return IN_WORDS.find(([words]) => message.includes(words))?.[1] ?? -1;
}

/** The most telling words of the clients' nested ones. */
function reasonIn(text: string): string {
  const said =
    /InvalidCertificate\((\w+)/.exec(text)?.[1] ??
    /fatal alert: (\w+)/.exec(text)?.[1] ??
    /message: "([^"]+)"/.exec(text)?.[1] ??
    (/DEADLINE_EXCEEDED|before the deadline/i.test(text) ? 'no connection in time' : text);
  return said.split('\n')[0]?.slice(0, 160) ?? '';
}
