// The one way to the server. Types come from its own description; what it refuses becomes an `ApiError` that says what to
// do, and what it wants a fresh proof for asks the person and is sent again.
import { t } from '$lib/i18n/index.svelte';
import { sentenceOf } from '$lib/i18n/plain';
import createClient from 'openapi-fetch';
import { early } from './early';
import type { components, paths } from './schema';

export type Schemas = components['schemas'];
export type Problem = Schemas['Problem'];

/** What the server says went wrong. `kind` is stable and for programs, `message` is for people. */
export class ApiError extends Error {
  constructor(
    readonly kind: string,
    message: string,
    readonly status: number,
  ) {
    super(message);
  }

  static from(problem: Problem): ApiError {
    return new ApiError(problem.type.replace('/problems/', ''), sentenceOf(problem.detail), problem.status);
  }
}

export function isProblem(value: unknown): value is Problem {
  return typeof value === 'object' && value !== null && 'type' in value && 'detail' in value;
}

interface Hooks {
  /** Asks the person to prove who they are; whether they did. */
  prove: () => Promise<boolean>;
  /** The session has ended. */
  ended: () => void;
  /** One may not do what was asked for. */
  refused: () => void;
}

const hooks: Hooks = {
  prove: () => Promise.resolve(false),
  ended: () => undefined,
  refused: () => undefined,
};

/** Who is asked when a proof is wanted, and who hears that the session ended, or that something is not allowed. */
export function hook(given: Partial<Hooks>): void {
  Object.assign(hooks, given);
}

/** For what asks the server without `api`: it was told that there is no session. */
export const sessionEnded = (): void => hooks.ended();

async function refusal(response: Response): Promise<string | null> {
  if (response.status !== 401 && response.status !== 403) return null;
  const told: unknown = await response
    .clone()
    .json()
    .catch(() => null);
  return isProblem(told) ? told.type : null;
}

const answer = async (request: Request): Promise<Response> => (await early(request)) ?? fetch(request);

async function send(request: Request): Promise<Response> {
  const again = request.clone();
  const response = await answer(request).catch((error: unknown) => {
    if (error instanceof DOMException && error.name === 'AbortError') throw error;
    throw new ApiError('offline', t().server.offline, 0);
  });
  const refused = await refusal(response);
  if (refused === '/problems/proof-required' && (await hooks.prove())) return fetch(again);
  if (refused === '/problems/unproved') sessionEnded();
  if (refused === '/problems/forbidden') hooks.refused();
  return response;
}

export const api = createClient<paths>({ baseUrl: '', fetch: send });

interface Answered<T> {
  data?: T;
  error?: unknown;
  response: Response;
}

/** What was asked for, or an `ApiError`. */
export async function ask<T>(asked: Promise<Answered<T>>): Promise<T> {
  const { data, error, response } = await asked;
  if (response.ok) return data as T;
  if (isProblem(error)) throw ApiError.from(error);
  throw new ApiError('unknown', t().server.odd(response.status), response.status);
}

/** A message for whatever went wrong. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
