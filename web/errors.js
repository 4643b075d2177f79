/** What went wrong, in words, and what to do about it. */

import { ApiError } from './api.js';
import { el } from './dom.js';

/** @type {Record<number, [string, string]>} */
const KNOWN = {
  0: ['The app does not answer.', 'Check your connection, then whether the app runs: GET /api/IsAlive.'],
  400: ['The app did not understand the question.', 'Reload the page: the app may be newer than it.'],
  401: ['The app does not accept this key.', 'It must be a host key: a key of one function opens that function only.'],
  403: ['The app does not allow this.', 'Its network rules refuse you, or the vault is not in KEY_VAULTS.'],
  404: ['That is not there.', 'Finished rotations are purged after a while.'],
  409: ['That is not possible in the present state.', ''],
  422: ['The app refuses this.', ''],
  429: ['Too many questions at once.', 'The page asks again by itself.'],
  502: ['The app itself is not allowed to do this.', 'Its identity lacks a role on the vault or the account.'],
  503: ['The app cannot reach what it needs.', 'Key Vault or the task hub does not answer it. The page asks again.'],
};

/**
 * @param {unknown} error
 * @returns {{title: string, detail: string, complaints: string[], advice: string}}
 */
export function explain(error) {
  if (!(error instanceof ApiError)) {
    return { title: 'The page itself failed.', detail: String(error), complaints: [], advice: 'Reload it.' };
  }
  const fallback =
    error.status >= 500
      ? [`The app failed (${error.status}).`, 'Its log says why. The page asks again by itself.']
      : [`The app answered ${error.status}.`, ''];
  const [title = '', advice = ''] = KNOWN[error.status] ?? fallback;
  // A problem of the API says better than a status what there is to do.
  const detail = error.complaints.length > 0 ? '' : error.detail || error.title;
  return { title, detail: sentence(detail), complaints: error.complaints, advice };
}

/** @param {string} text as problems tell it: without a capital or a full stop */
function sentence(text) {
  return text && `${text[0]?.toUpperCase()}${text.slice(1)}${/[.!?]$/.test(text) ? '' : '.'}`;
}

/**
 * Shows an error as text.
 *
 * @param {unknown} error
 * @returns {HTMLElement}
 */
export function trouble(error) {
  const { title, detail, complaints, advice } = explain(error);
  return el(
    'div',
    {},
    el('strong', {}, title),
    detail && ` ${detail}`,
    complaints.length > 0 && el('ul', {}, ...complaints.map((complaint) => el('li', {}, complaint))),
    advice && ` ${advice}`,
  );
}
