/** The figures at the top: each one filters the table; parked events, which are no secrets, open a list. */

import { el, fill, part } from './dom.js';
import { FILTERS } from './model.js';

/** @typedef {import('./shapes.js').Secret} Secret */

const PARKED = { id: 'parked', label: 'Parked', caption: 'events nobody could read', tone: 'warn' };

export class Health {
  /**
   * @param {(filter: string) => void} choose
   * @param {() => void} showParked
   */
  constructor(choose, showParked) {
    /** @type {Map<string, {button: HTMLButtonElement, figure: HTMLElement}>} */
    this.tiles = new Map();
    const figures = FILTERS.filter(({ caption }) => caption);
    for (const { id, label, caption, tone } of [...figures.slice(0, 3), PARKED, ...figures.slice(3)]) {
      const figure = el('span', { class: 'figure' }, '–');
      const act = id === PARKED.id ? showParked : () => choose(id);
      const button = el(
        'button',
        { type: 'button', class: `tile ${tone}`, 'data-figure': id, onclick: act },
        figure,
        el('span', { class: 'label' }, label),
        el('span', { class: 'caption' }, caption),
      );
      if (id === PARKED.id) button.setAttribute('aria-haspopup', 'dialog');
      this.tiles.set(id, { button, figure });
    }
    fill(part('health', HTMLDivElement), ...[...this.tiles.values()].map(({ button }) => button));
  }

  /**
   * Shows the figures, and returns what has got worse or better, in words.
   *
   * @param {Secret[]} secrets
   * @param {number | null} parked null where it is not known
   * @returns {string[]}
   */
  show(secrets, parked) {
    const news = [];
    for (const { id, label, has } of FILTERS) {
      if (this.tiles.has(id)) news.push(this.set(id, label, secrets.filter(has).length));
    }
    if (parked !== null) news.push(this.set(PARKED.id, PARKED.label, parked));
    return news.filter(Boolean);
  }

  /** @param {string} filter the one that is in force */
  mark(filter) {
    for (const [id, { button }] of this.tiles) {
      if (id !== PARKED.id) button.setAttribute('aria-pressed', String(id === filter));
    }
  }

  /**
   * @param {string} id
   * @param {string} label
   * @param {number} count
   * @returns {string} the change, in words
   */
  set(id, label, count) {
    const tile = this.tiles.get(id);
    const text = count.toLocaleString('en');
    if (!tile || tile.figure.textContent === text) return '';
    const before = tile.figure.textContent;
    tile.figure.textContent = text;
    tile.button.classList.toggle('none', count === 0);
    return before === '–' ? '' : `${label}: ${text}, was ${before}`;
  }
}
