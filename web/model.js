/** What the page knows of the secrets, and what follows from it: figures, filters, orders. No elements in here. */

import { DAY, now, parse } from './times.js';
import { severity } from './words.js';

/** @typedef {import('./shapes.js').Secret} Secret */

const SOON = 30 * DAY;

/**
 * What can be filtered by; the figures of the health board are those with a caption.
 *
 * @type {{id: string, label: string, caption?: string, tone?: string, has: (secret: Secret) => boolean}[]}
 */
export const FILTERS = [
  { id: 'all', label: 'All states', has: () => true },
  { id: 'late', label: 'Late', caption: 'expired, not replaced', tone: 'bad', has: inState('late') },
  { id: 'failed', label: 'Failed', caption: 'did not work out', tone: 'bad', has: inState('failed') },
  { id: 'refused', label: 'Refused', caption: 'need a person first', tone: 'warn', has: inState('refused', 'wrong') },
  { id: 'soon', label: 'Due in 30 days', caption: 'to be rotated', tone: 'soon', has: isSoon },
  {
    id: 'rotating',
    label: 'Rotating now',
    caption: 'under way or waiting',
    tone: 'busy',
    has: inState('rotating', 'grace', 'window', 'approval'),
  },
  { id: 'approval', label: 'To be approved', has: asksForApproval },
  { id: 'ok', label: 'OK', has: inState('ok') },
  { id: 'off', label: 'Paused or disabled', has: inState('paused', 'disabled', 'replica') },
];

/** @type {Record<string, (one: Secret, other: Secret) => number>} */
const ORDERS = {
  secret: (one, other) => compare(one.secret, other.secret),
  state: (one, other) => severity(one.state) - severity(other.state),
  expires: (one, other) => time(one.expiresOn) - time(other.expiresOn),
  next: (one, other) => time(one.nextRotation) - time(other.nextRotation),
  provider: (one, other) => compare(one.provider?.name ?? '~', other.provider?.name ?? '~'),
  last: (one, other) => time(other.lastRotation?.lastUpdatedTime, 0) - time(one.lastRotation?.lastUpdatedTime, 0),
};

/**
 * @param {Secret} secret
 * @returns {string} what tells it from every other one
 */
export function nameOf(secret) {
  return `${secret.vault}/${secret.secret}`.toLowerCase();
}

/**
 * Says why a secret is in the state it is in.
 *
 * @param {Secret} secret
 * @returns {string}
 */
export function why(secret) {
  const [complaint, ...others] = secret.complaints ?? [];
  if (complaint) return others.length ? `${complaint} (and ${others.length} more)` : complaint;
  const { waitingFor } = secret.lastRotation ?? {};
  if (['window', 'approval'].includes(secret.state) || asksForApproval(secret)) return `waits for ${waitingFor ?? ''}`;
  if (secret.state === 'late' && !secret.lastRotation) return 'no rotation of it is on record';
  return ['failed', 'refused', 'late'].includes(secret.state) ? (secret.lastRotation?.reason ?? '') : '';
}

/**
 * Returns the secrets that the reader wants to see, in the order they want.
 *
 * @param {Secret[]} secrets
 * @param {{filter: string, text: string, column: string, down: boolean}} view
 * @returns {Secret[]}
 */
export function select(secrets, { filter, text, column, down }) {
  const has = FILTERS.find(({ id }) => id === filter)?.has ?? (() => true);
  const words = text.toLowerCase().split(/\s+/).filter(Boolean);
  const found = secrets.filter((secret) => has(secret) && mentions(secret, words));
  const order = ORDERS[column] ?? (() => 0);
  const sign = down ? -1 : 1;
  // Ties go by name, so that the table stands still while it is refreshed.
  return found.sort((one, other) => sign * order(one, other) || compare(nameOf(one), nameOf(other)));
}

/**
 * @param {Secret} secret
 * @param {string[]} words
 */
function mentions(secret, words) {
  if (words.length === 0) return true;
  const text = [secret.secret, secret.vault, secret.provider?.name, secret.slot, why(secret)].join(' ').toLowerCase();
  return words.every((word) => text.includes(word));
}

/**
 * Tells whether a rotation waits for somebody: one of a version that has expired shows as late.
 *
 * @param {Secret} secret
 */
function asksForApproval({ state, approval, lastRotation }) {
  return state === 'approval' || (state === 'late' && approval === true && lastRotation?.waitingFor !== undefined);
}

/** @param {Secret} secret */
function isSoon(secret) {
  if (['paused', 'disabled', 'replica'].includes(secret.state)) return false;
  return parse(secret.nextRotation) <= now() + SOON;
}

/**
 * @param {...string} states
 * @returns {(secret: Secret) => boolean}
 */
function inState(...states) {
  return ({ state }) => states.includes(state);
}

/**
 * @param {string | undefined} iso
 * @param {number} [otherwise] for what has no time
 */
function time(iso, otherwise = Number.MAX_SAFE_INTEGER) {
  const moment = parse(iso);
  return Number.isNaN(moment) ? otherwise : moment;
}

/**
 * @param {string} one
 * @param {string} other
 */
function compare(one, other) {
  return one < other ? -1 : one > other ? 1 : 0;
}
