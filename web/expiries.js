/** Which secrets expire when, up to a horizon. No elements in here. */

import { DAY, now, parse } from './times.js';

/** @typedef {import('./shapes.js').Secret} Secret */
/** @typedef {{from: number, to: number, secrets: Secret[]}} Bin */

/** How far the page looks ahead, in days. */
export const HORIZON = 90;
const NAMES = 5;

/**
 * @param {Secret[]} secrets
 * @returns {Secret[]} those whose time is over
 */
export function expired(secrets) {
  return secrets.filter(({ expiresOn }) => parse(expiresOn) < now());
}

/**
 * @param {Secret[]} secrets
 * @param {number} days how many a bin holds
 * @returns {Bin[]} from now to the horizon
 */
export function binned(secrets, days) {
  const start = now();
  /** @type {Bin[]} */
  const bins = [];
  for (let from = 0; from < HORIZON; from += days) {
    bins.push({ from: start + from * DAY, to: start + Math.min(from + days, HORIZON) * DAY, secrets: [] });
  }
  for (const secret of secrets) {
    const away = parse(secret.expiresOn) - start;
    if (away >= 0) bins[Math.floor(away / (days * DAY))]?.secrets.push(secret);
  }
  return bins;
}

/** @param {Secret[]} secrets */
export function names(secrets) {
  const some = secrets
    .slice(0, NAMES)
    .map(({ secret }) => secret)
    .join(', ');
  return secrets.length > NAMES ? `${some} and ${secrets.length - NAMES} more` : some;
}
