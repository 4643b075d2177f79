/** The table of secrets: filtered, sorted, drawn a few hundred rows at a time, and kept still while it is refreshed. */

import { badge } from './badge.js';
import { el, fill, keepingFocus, part } from './dom.js';
import { FILTERS, nameOf, select, why } from './model.js';
import { day, distance, instant, parse } from './times.js';
import { standing, stateOf } from './words.js';

/** @typedef {import('./shapes.js').Secret} Secret */

const CHUNK = 200;
const COLUMNS = [
  { id: 'secret', label: 'Secret' },
  { id: 'state', label: 'State' },
  { id: 'expires', label: 'Expires' },
  { id: 'next', label: 'Next rotation' },
  { id: 'provider', label: 'Lives on' },
  { id: 'last', label: 'Last rotation' },
];

export class Table {
  /** @param {(secret: Secret) => void} open */
  constructor(open) {
    this.open = open;
    this.view = { filter: 'all', text: '', column: 'state', down: false };
    /** @type {Secret[]} */
    this.secrets = [];
    /** @type {Map<string, {row: HTMLTableRowElement, button: HTMLButtonElement, shown: string, secret: Secret}>} */
    this.rows = new Map();
    this.room = CHUNK;
    this.body = part('rows', HTMLTableSectionElement);
    this.more = part('more', HTMLButtonElement);
    this.more.addEventListener('click', () => this.showMore());
    this.headers = COLUMNS.map(({ id, label }) =>
      el(
        'th',
        { scope: 'col', role: 'columnheader', 'data-column': id },
        el('button', { type: 'button', onclick: () => this.sort(id) }, label),
      ),
    );
    fill(part('columns', HTMLTableRowElement), ...this.headers);
  }

  /** @param {Secret[]} secrets */
  show(secrets) {
    this.secrets = secrets;
    this.draw();
  }

  /** @param {{filter?: string, text?: string}} change */
  look(change) {
    Object.assign(this.view, change);
    this.room = CHUNK;
    this.draw();
  }

  /** @param {string} column */
  sort(column) {
    this.view.down = column === this.view.column && !this.view.down;
    this.view.column = column;
    this.room = CHUNK;
    this.draw();
  }

  showMore() {
    const first = this.room;
    this.room += CHUNK;
    this.draw();
    this.body.children[first]?.querySelector('button')?.focus();
  }

  draw() {
    const found = select(this.secrets, this.view);
    const shown = found.slice(0, this.room);
    keepingFocus(() => this.place(shown));
    const { column, down, filter } = this.view;
    for (const header of this.headers) {
      const isSorted = header.dataset.column === column;
      if (isSorted) header.setAttribute('aria-sort', down ? 'descending' : 'ascending');
      else header.removeAttribute('aria-sort');
    }
    const left = found.length - shown.length;
    this.more.hidden = left === 0;
    this.more.textContent = `Show ${Math.min(left, CHUNK)} more of ${left.toLocaleString('en')}`;
    const all = this.secrets.length.toLocaleString('en');
    part('count', HTMLSpanElement).textContent =
      found.length === this.secrets.length ? all : `${found.length.toLocaleString('en')} of ${all}`;
    const nothing = part('nothing', HTMLParagraphElement);
    nothing.hidden = found.length > 0;
    nothing.textContent =
      this.secrets.length === 0
        ? 'No secret in the vaults is tagged for rotation.'
        : `No secret is like that (${FILTERS.find(({ id }) => id === filter)?.label}).`;
  }

  /**
   * Makes the body hold these rows in this order, moving as few as possible.
   *
   * @param {Secret[]} secrets
   */
  place(secrets) {
    const wanted = new Set(secrets.map(nameOf));
    for (const [name, { row }] of this.rows) {
      if (wanted.has(name)) continue;
      row.remove();
      this.rows.delete(name);
    }
    /** @type {Element | null} */
    let next = this.body.firstElementChild;
    for (const secret of secrets) {
      const row = this.rowOf(secret);
      if (row === next) next = next.nextElementSibling;
      else this.body.insertBefore(row, next);
    }
  }

  /** @param {Secret} secret */
  rowOf(secret) {
    const name = nameOf(secret);
    let entry = this.rows.get(name);
    if (!entry) {
      const button = el('button', { type: 'button', class: 'name' }, secret.secret);
      const heading = el('th', { scope: 'row', role: 'rowheader' }, button, el('span', { class: 'sub' }, secret.vault));
      entry = { row: el('tr', { role: 'row' }, heading), button, shown: '', secret };
      const mine = entry;
      button.addEventListener('click', () => this.open(mine.secret));
      this.rows.set(name, entry);
    }
    entry.secret = secret;
    const cells = describe(secret);
    // Compared as text, so that what has not changed keeps its selection, its title and its place.
    const shown = cells.map((cell) => cell.textContent).join('\n') + secret.state;
    if (shown !== entry.shown) {
      entry.shown = shown;
      entry.row.replaceChildren(entry.row.cells[0] ?? '', ...cells);
    }
    return entry.row;
  }
}

/**
 * @param {Secret} secret
 * @returns {HTMLTableCellElement[]} all cells but the first
 */
function describe(secret) {
  const { provider, slot, lastRotation, expiresOn, nextRotation } = secret;
  const last = lastRotation && standing(lastRotation);
  const contents = [
    [badge(stateOf(secret.state)), sub(why(secret), 'why')],
    [day(expiresOn), expiresOn && sub(distance(parse(expiresOn)))],
    [day(nextRotation), nextRotation && sub(distance(parse(nextRotation)))],
    [provider?.name ?? '–', slot && sub(secret.strategy === 'pinned' ? `${slot}, pinned` : slot)],
    lastRotation && last
      ? [el('span', { class: `tone ${last.tone}` }, last.label), sub(instant(lastRotation.lastUpdatedTime))]
      : ['–'],
  ];
  return contents.map((content, place) =>
    el('td', { role: 'cell', 'data-label': COLUMNS[place + 1]?.label }, ...content),
  );
}

/**
 * @param {string | Node} text
 * @param {string} [kind]
 */
function sub(text, kind = '') {
  return text && el('span', { class: `sub ${kind}` }, text);
}
