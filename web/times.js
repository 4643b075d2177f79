/** Times, in the reader's zone with UTC at hand, measured by the app's clock: the reader's own may be wrong. */

import { el } from './dom.js';

export const DAY = 86_400_000;

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const LANGUAGE = 'en-GB';

const clock = new Intl.DateTimeFormat(LANGUAGE, { hour: '2-digit', minute: '2-digit', second: '2-digit' });
const minute = new Intl.DateTimeFormat(LANGUAGE, {
  day: 'numeric',
  month: 'short',
  hour: '2-digit',
  minute: '2-digit',
});
const date = new Intl.DateTimeFormat(LANGUAGE, { day: 'numeric', month: 'short', year: 'numeric' });
const short = new Intl.DateTimeFormat(LANGUAGE, { day: 'numeric', month: 'short' });
const relative = new Intl.RelativeTimeFormat('en', { numeric: 'auto' });

let ahead = 0;

/**
 * Sets the clock by an answer of the app.
 *
 * @param {string} asOf its own time
 */
export function setClock(asOf) {
  const told = Date.parse(asOf);
  if (!Number.isNaN(told)) ahead = told - Date.now();
}

/** @returns {number} milliseconds since 1970, by the app's clock */
export function now() {
  return Date.now() + ahead;
}

/**
 * @param {string | null | undefined} iso
 * @returns {number} milliseconds since 1970; NaN where there is no time
 */
export function parse(iso) {
  return Date.parse(iso ?? '');
}

/**
 * @param {number} moment
 * @returns {string} e.g. 14:05:09
 */
export function clockTime(moment) {
  return clock.format(moment);
}

/**
 * @param {number} moment
 * @returns {string} e.g. 25 Jul
 */
export function shortDay(moment) {
  return short.format(moment);
}

/**
 * An instant to the minute.
 *
 * @param {string | null | undefined} iso
 * @param {boolean} [precise] to the second, of today
 * @returns {HTMLElement}
 */
export function instant(iso, precise = false) {
  const moment = parse(iso);
  if (Number.isNaN(moment)) return el('span', {}, '–');
  const text = precise ? `${short.format(moment)}, ${clock.format(moment)}` : minute.format(moment);
  return stamped(moment, text);
}

/**
 * A day.
 *
 * @param {string | null | undefined} iso
 * @returns {HTMLElement}
 */
export function day(iso) {
  const moment = parse(iso);
  return Number.isNaN(moment) ? el('span', {}, '–') : stamped(moment, date.format(moment));
}

/**
 * How far off a moment is.
 *
 * @param {number} moment
 * @returns {string} e.g. in 20 days, 3 hours ago
 */
export function distance(moment) {
  const away = moment - now();
  const size = Math.abs(away);
  if (size >= 2 * DAY) return relative.format(Math.round(away / DAY), 'day');
  if (size >= 2 * HOUR) return relative.format(Math.round(away / HOUR), 'hour');
  if (size >= 2 * MINUTE) return relative.format(Math.round(away / MINUTE), 'minute');
  return away < 0 ? 'just now' : 'any moment';
}

/**
 * @param {number} span milliseconds
 * @returns {string} the two largest units, e.g. 2 d 3 h
 */
export function duration(span) {
  if (span < SECOND) return 'at once';
  /** @type {[number, string][]} */
  const units = [
    [DAY, 'd'],
    [HOUR, 'h'],
    [MINUTE, 'min'],
    [SECOND, 's'],
  ];
  const first = units.findIndex(([size]) => span >= size);
  const words = [];
  let left = span;
  for (const [size, unit] of units.slice(first, first + 2)) {
    const count = Math.floor(left / size);
    left -= count * size;
    if (count > 0) words.push(`${count} ${unit}`);
  }
  return words.join(' ');
}

/**
 * @param {number} moment
 * @param {string} text
 * @returns {HTMLTimeElement}
 */
function stamped(moment, text) {
  const utc = new Date(moment).toISOString();
  return el('time', { datetime: utc, title: `${utc.slice(0, 10)} ${utc.slice(11, 19)} UTC` }, text);
}
