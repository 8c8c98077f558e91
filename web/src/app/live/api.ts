/** Requests to the program that serves this page, and how it refuses them. */
import { signal } from '@angular/core';
import type { Problem } from '../contract.ts';
import { texts } from '../texts.ts';

/** Where version 2 of the API is. */
const API = '/api/v2';

/** Long enough for a busy program, short enough that nobody takes the page for dead. */
const TIMEOUT_MS = 10_000;

type Query = Readonly<Record<string, string | number | undefined>>;

const refused = signal(false);

/**
 * The program wants a name and a password, or others than before. From then on nothing is asked until the page is
 * reloaded: each further try would count as one more wrong password.
 */
export const isRefused = refused.asReadonly();

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
  if (refused()) throw new ApiError('unauthorized', 401, texts.api.signedOut);
  let response: Response;
  let answer: unknown;
  try {
    response = await fetch(url, { ...init, signal: AbortSignal.timeout(TIMEOUT_MS) });
    answer = await response.json().catch((error: unknown) => {
      // A refusal counts whatever it says; an answer that is cut short, by a program that ends, is none.
      if (response.ok) throw error;
    });
  } catch (error) {
    const isLate = error instanceof DOMException && error.name === 'TimeoutError';
    const message = isLate ? texts.api.late(TIMEOUT_MS / 1000) : texts.api.unreachable;
    throw new ApiError('unreachable', 0, message);
  }
  if (response.status === 401) refused.set(true);
  if (response.ok) return answer as T;
  const problem = answer as Partial<Problem> | undefined;
  throw new ApiError(
    problem?.code ?? `http-${response.status}`,
    response.status,
    problem?.message ?? texts.api.refused(response.status),
  );
}
