/** The way to the app's HTTP API. The key lives in this module's memory and nowhere else. */

import { setClock } from './times.js';

/** @typedef {import('./shapes.js').Secret} Secret */
/** @typedef {import('./shapes.js').Rotation} Rotation */
/** @typedef {import('./shapes.js').Plan} Plan */
/** @typedef {import('./shapes.js').ParkedEvent} ParkedEvent */
/** @typedef {import('./shapes.js').Consumers} Consumers */

// This file is …/api/status/api.js, whatever the route prefix of the app is.
const ROOT = new URL('../', import.meta.url);
const PATIENCE = 60_000;
// The first page is soon there; the others are few, because the app looks through all rotations for each of them.
const FIRST_PAGE = 1000;
const PAGE = 10_000;

let key = '';

/** @param {string} text */
export function useKey(text) {
  key = text;
}

export function forgetKey() {
  key = '';
}

/** The API said no, or nothing at all. */
export class ApiError extends Error {
  /**
   * @param {number} status 0 where there was no answer
   * @param {{title?: string, detail?: string, complaints?: string[]}} [problem] as the API told it
   * @param {number} [retryAfter] seconds
   */
  constructor(status, problem = {}, retryAfter = 0) {
    super(problem.detail ?? problem.title ?? '');
    this.status = status;
    this.title = problem.title ?? '';
    this.detail = problem.detail ?? '';
    this.complaints = problem.complaints ?? [];
    this.retryAfter = retryAfter;
  }
}

/**
 * Reads the inventory, a page at a time.
 *
 * @param {boolean} isFirst whether somebody waits for something to look at
 * @returns {AsyncGenerator<{secrets: Secret[], unreachable: {vault: string, reason: string}[]}>}
 */
export async function* secrets(isFirst) {
  let token = '';
  do {
    const top = isFirst && !token ? FIRST_PAGE : PAGE;
    const page = await call('GET', 'secrets', { top: String(top), continuationToken: token });
    setClock(page.asOf);
    yield { secrets: page.secrets, unreachable: page.unreachable ?? [] };
    token = page.continuationToken ?? '';
  } while (token);
}

/**
 * @param {string} vault
 * @param {string} secret
 * @returns {Promise<Rotation[]>} the newest ones of a secret
 */
export async function rotationsOf(vault, secret) {
  return (await call('GET', 'rotations', { vault, secret, top: '20' })).rotations;
}

/**
 * @param {string} id
 * @returns {Promise<Rotation>}
 */
export function rotation(id) {
  return call('GET', `rotations/${encodeURIComponent(id)}`);
}

/**
 * @param {string} vault
 * @param {string} secret
 * @param {boolean} force
 * @returns {Promise<Plan>} what a rotation would do now
 */
export function plan(vault, secret, force) {
  return call('GET', 'plan', { vault, secret, force: force ? 'true' : '' });
}

/**
 * @param {string} vault
 * @param {string} secret
 * @returns {Promise<Consumers>}
 */
export function consumersOf(vault, secret) {
  return call('GET', 'consumers', { vault, secret });
}

/** @returns {Promise<ParkedEvent[]>} */
export async function parkedEvents() {
  return (await call('GET', 'events/parked')).events;
}

/**
 * @param {{vault: string, secret: string, force: boolean, reason?: string}} wish
 * @returns {Promise<{id: string, start: string}>}
 */
export function rotate(wish) {
  return call('POST', 'rotations', {}, wish);
}

/**
 * @param {string} id
 * @param {string} verb restart, rollback, consumers-ready or cancel
 * @param {string} reason
 * @returns {Promise<{id: string, did: string, instance?: string}>}
 */
export function act(id, verb, reason) {
  return call('POST', `rotations/${encodeURIComponent(id)}/${verb}`, {}, reason ? { reason } : {});
}

/**
 * @param {string} method
 * @param {string} path
 * @param {Record<string, string>} [query]
 * @param {object} [body]
 * @returns {Promise<any>}
 */
async function call(method, path, query = {}, body) {
  const url = new URL(path, ROOT);
  for (const [name, value] of Object.entries(query)) {
    if (value) url.searchParams.set(name, value);
  }
  const headers = new Headers({ Accept: 'application/json' });
  if (key) headers.set('x-functions-key', key);
  if (body) headers.set('Content-Type', 'application/json');
  let answer;
  try {
    answer = await fetch(url, {
      method,
      headers,
      body: body ? JSON.stringify(body) : null,
      cache: 'no-store',
      redirect: 'error',
      signal: AbortSignal.timeout(PATIENCE),
    });
  } catch {
    throw new ApiError(0);
  }
  const content = await answer.json().catch(() => null);
  if (!answer.ok) throw new ApiError(answer.status, content ?? {}, Number(answer.headers.get('Retry-After')) || 0);
  if (content === null) throw new ApiError(answer.status, { detail: 'The answer is no JSON: is this the app itself?' });
  return content;
}
