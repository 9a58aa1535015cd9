import type { ProblemCode, ProblemDocument, ProblemPart } from '../http/problem.ts';

/** The API's refusal, as it sent it. */
export class ApiError extends Error {
  override readonly name = 'ApiError';
  readonly code: ProblemCode;
  readonly status: number;
  readonly next: string | null;
  readonly parts: readonly ProblemPart[];

  constructor(problem: ProblemDocument) {
    super(problem.detail);
    this.code = problem.code;
    this.status = problem.status;
    this.next = problem.next;
    this.parts = problem.errors;
  }
}

/** No answer, or one that no Millrace API gives. */
export class ApiUnreachable extends Error {
  override readonly name = 'ApiUnreachable';
  readonly next =
    'Look at `millrace doctor`. Where MILLRACE_API_URL is set, correct or unset it; else `millrace up` starts the system.';
}

/** How requests to the API of one project are sent, and answers are read. */
export interface Transport {
  readonly url: string;
  /** Of the project. */
  readonly base: string;
  request(target: string, init: RequestInit & { headers?: Record<string, string> }): Promise<Response>;
  get<T>(path: string, query?: Readonly<Record<string, unknown>>, signal?: AbortSignal | null): Promise<T>;
  post<T>(path: string, body: unknown): Promise<T>;
  write<T>(method: 'POST' | 'PUT' | 'PATCH' | 'DELETE', path: string, body: unknown): Promise<T>;
}

export function openTransport(url: string, project: string, token: string | null): Transport {
  const base = `${url}/api/v1/projects/${encodeURIComponent(project)}`;
  const authorization: Record<string, string> = token === null ? {} : { authorization: `Bearer ${token}` };
  const request = (target: string, init: RequestInit & { headers?: Record<string, string> }) =>
    send(target, { ...init, headers: { ...init.headers, ...authorization } });
  const get = async <T>(
    path: string,
    query: Readonly<Record<string, unknown>> = {},
    signal: AbortSignal | null = null,
  ): Promise<T> => readJson<T>(await request(`${base}/${path}${queryOf(query)}`, { method: 'GET', signal }));
  const write = async <T>(method: 'POST' | 'PUT' | 'PATCH' | 'DELETE', path: string, body: unknown): Promise<T> =>
    readJson<T>(
      await request(`${base}/${path}`, {
        method,
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(body),
      }),
    );
  const post = <T>(path: string, body: unknown): Promise<T> => write('POST', path, body);
  return { url, base, request, get, post, write };
}

function queryOf(query: Readonly<Record<string, unknown>>): string {
  const given = Object.entries(query).filter(([, value]) => value !== undefined && value !== null);
  return given.length === 0
    ? ''
    : `?${new URLSearchParams(given.map(([key, value]): [string, string] => [key, String(value)]))}`;
}

async function send(url: string, init: RequestInit): Promise<Response> {
  try {
    return await fetch(url, init);
  } catch (error) {
    throw new ApiUnreachable(`The API at ${new URL(url).origin} does not answer.`, { cause: error });
  }
}

/** @throws ApiError, ApiUnreachable */
export async function readJson<T>(response: Response): Promise<T> {
  const body: unknown = await response.json().catch(() => null);
  if (response.ok) return body as T;
  if (isProblem(body)) throw new ApiError(body);
  throw new ApiUnreachable(
    `${response.url} answered ${response.status}, and not as Millrace's API does. Is it another server?`,
  );
}

function isProblem(body: unknown): body is ProblemDocument {
  return typeof body === 'object' && body !== null && 'code' in body && 'detail' in body;
}
