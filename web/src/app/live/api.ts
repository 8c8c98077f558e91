/** Requests to the program that serves this page, and how it refuses them. */
import type { Problem } from '../contract.ts';
import { texts } from '../texts.ts';

/** Where version 2 of the API is. */
const API = '/api/v2';

/** Long enough for a busy program, short enough that nobody takes the page for dead. */
const TIMEOUT_MS = 10_000;

type Query = Readonly<Record<string, string | number | undefined>>;

/** A request that got no answer, or a refusal. `message` is for people. */
export class ApiError extends Error {
  /** `unreachable`, or the code of the refusal. */
  readonly code: string;
  /** 0 without an answer. */
  readonly status: number;

  constructor(code: string, status: number, message: string) {
    super(message);
    this.code = code;
    this.status = status;
  }
}

/** The address of a resource: `path` has its parts, to be encoded here. */
export function apiUrl(path: readonly string[], query: Query = {}): string {
  const url = [API, ...path.map(encodeURIComponent)].join('/');
  const pairs = Object.entries(query).flatMap(([key, value]) =>
    value === undefined ? [] : [[key, String(value)]],
  );
  return pairs.length === 0 ? url : `${url}?${new URLSearchParams(pairs)}`;
}

/** Reads a resource. @throws {ApiError} */
export function get<T>(path: readonly string[], query?: Query): Promise<T> {
  return request<T>(apiUrl(path, query), {});
}

/** Asks for an action. @throws {ApiError} */
export function post<T>(path: readonly string[], body: object = {}): Promise<T> {
  return request<T>(apiUrl(path), {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
}

async function request<T>(url: string, init: RequestInit): Promise<T> {
  let response: Response;
  try {
    response = await fetch(url, { ...init, signal: AbortSignal.timeout(TIMEOUT_MS) });
  } catch {
    throw new ApiError('unreachable', 0, texts.api.unreachable);
  }
  const answer: unknown = await response.json().catch(() => undefined);
  if (response.ok) return answer as T;
  const problem = answer as Partial<Problem> | undefined;
  throw new ApiError(
    problem?.code ?? `http-${response.status}`,
    response.status,
    problem?.message ?? texts.api.refused(response.status),
  );
}
