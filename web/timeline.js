/** Upcoming expiries: a picture, what it says in a sentence, and the same as a table. */

import { el, fill, part } from './dom.js';
import { HORIZON, binned, expired, names } from './expiries.js';
import { GROUPS, picture } from './picture.js';
import { DAY, now, parse, shortDay } from './times.js';
import { stateOf } from './words.js';

/** @typedef {import('./shapes.js').Secret} Secret */

export class Timeline {
  constructor() {
    /** @type {Secret[]} those that expire */
    this.secrets = [];
    this.never = 0;
    this.box = part('timeline', HTMLDivElement);
    this.width = 0;
    new ResizeObserver(() => {
      if (Math.abs(this.box.clientWidth - this.width) >= 1) this.draw();
    }).observe(this.box);
  }

  /** @param {Secret[]} secrets */
  show(secrets) {
    this.secrets = secrets.filter(({ expiresOn }) => !Number.isNaN(parse(expiresOn)));
    this.never = secrets.length - this.secrets.length;
    this.draw();
    this.tell();
  }

  draw() {
    this.width = this.box.clientWidth;
    if (this.width === 0) return;
    fill(this.box, picture(this.secrets, this.width, this.summary()));
    fill(
      part('legend', HTMLUListElement),
      ...GROUPS.filter(({ tone }) => this.secrets.some(({ state }) => stateOf(state).tone === tone)).map(
        ({ tone, label }) => el('li', { class: tone }, label),
      ),
    );
  }

  tell() {
    part('timeline-summary', HTMLParagraphElement).textContent = this.summary();
    const past = expired(this.secrets);
    const weeks = binned(this.secrets, 7).filter(({ secrets }) => secrets.length > 0);
    const rows = weeks.map(({ from, to, secrets }) => row(`${shortDay(from)} – ${shortDay(to - DAY)}`, secrets));
    fill(
      part('timeline-table', HTMLDivElement),
      el(
        'table',
        {},
        el('thead', {}, el('tr', {}, ...['When', 'How many', 'Which'].map((name) => el('th', { scope: 'col' }, name)))),
        el('tbody', {}, past.length > 0 && row('Expired', past), ...rows),
      ),
    );
  }

  /** @returns {string} */
  summary() {
    const start = now();
    const moments = this.secrets.map(({ expiresOn }) => parse(expiresOn));
    const before = (/** @type {number} */ days) => moments.filter((moment) => moment < start + days * DAY).length;
    const past = before(0);
    /** @type {[string, number][]} */
    const counts = [
      ['Expired already', past],
      ['within 7 days', before(7) - past],
      ['within 30 days', before(30) - past],
      [`within ${HORIZON} days`, before(HORIZON) - past],
      ['later', moments.length - before(HORIZON)],
      ['never', this.never],
    ];
    return counts.map(([when, count]) => `${when}: ${count.toLocaleString('en')}`).join(' · ');
  }
}

/**
 * @param {string} when
 * @param {Secret[]} secrets
 */
function row(when, secrets) {
  return el('tr', {}, el('th', { scope: 'row' }, when), el('td', {}, secrets.length), el('td', {}, names(secrets)));
}
