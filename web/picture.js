/** The picture of the timeline: a column for each few days, in it a block for each secret, coloured by its state. */

import { svg } from './dom.js';
import { HORIZON, binned, expired, names } from './expiries.js';
import { DAY, now, shortDay } from './times.js';
import { stateOf } from './words.js';

/** @typedef {import('./shapes.js').Secret} Secret */

const LEFT = 34;
const PAST = 44;
const TOP = 18;
const TALLEST = 120;
const LOWEST = 56;
const BLOCK = 14;
const SEPARATE = 4;
const LEAD = 30;

/** Bottom up: what is wrong stands on the line, where columns are easiest to compare. */
export const GROUPS = [
  { tone: 'bad', label: 'late or failed' },
  { tone: 'warn', label: 'refused' },
  { tone: 'soon', label: 'due' },
  { tone: 'busy', label: 'rotating' },
  { tone: 'good', label: 'OK' },
  { tone: 'off', label: 'paused' },
];

/**
 * @param {Secret[]} secrets
 * @param {number} width pixels
 * @param {string} summary what it says, for who cannot see it
 * @returns {SVGSVGElement}
 */
export function picture(secrets, width, summary) {
  const start = now();
  const perDay = (width - LEFT - PAST) / HORIZON;
  const days = [1, 2, 3, 6].find((count) => perDay * count >= 8) ?? 6;
  const bins = binned(secrets, days);
  const past = expired(secrets);
  const most = Math.max(1, past.length, ...bins.map((bin) => bin.secrets.length));
  const base = TOP + Math.min(TALLEST, Math.max(LOWEST, most * BLOCK));
  const unit = Math.min(BLOCK, (base - TOP) / most);
  const broad = Math.min(perDay * days - 2, BLOCK + 2);
  const x = (/** @type {number} */ moment) => LEFT + PAST + ((moment - start) / DAY) * perDay;
  return svg(
    'svg',
    { role: 'img', 'aria-label': summary, width, height: base + 26 },
    svg('rect', { class: 'lead', x: x(start), y: 4, width: perDay * LEAD, height: base - 4 }),
    svg('text', { class: 'scale', x: x(start + LEAD * DAY) - 6, y: 16 }, `${LEAD} days`),
    ...scale(most, unit, base, width),
    ...ticks(start, base, x, width),
    ...column(past, LEFT + 6, broad, base, unit, 'expired'),
    ...bins.flatMap((bin) => column(bin.secrets, x(bin.from) + 1.5, broad, base, unit, shortDay(bin.from))),
  );
}

/**
 * @param {Secret[]} secrets
 * @param {number} left
 * @param {number} width
 * @param {number} base where the column stands
 * @param {number} unit height of one secret
 * @param {string} when
 */
function column(secrets, left, width, base, unit, when) {
  let floor = base;
  return GROUPS.flatMap(({ tone, label }) => {
    const group = secrets.filter(({ state }) => stateOf(state).tone === tone);
    if (group.length === 0) return [];
    const told = `${when}: ${group.length} ${label} (${names(group)})`;
    // One block each while they can be told apart; beyond that one bar for all of them.
    const heights = unit >= SEPARATE ? group.map(() => unit) : [group.length * unit];
    const gap = unit >= SEPARATE ? 1.5 : 0;
    return heights.map((height) => {
      floor -= height;
      const place = { x: left, y: floor + gap / 2, width, height: height - gap, rx: gap };
      return svg('rect', { class: `block ${tone}`, ...place }, svg('title', {}, told));
    });
  });
}

/**
 * @param {number} most
 * @param {number} unit
 * @param {number} base
 * @param {number} width
 */
function scale(most, unit, base, width) {
  const step = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000].find((size) => size * unit >= 24) ?? 10_000;
  const lines = [];
  for (let count = step; count <= Math.max(most, step) && base - count * unit >= TOP - 1; count += step) {
    const y = base - count * unit;
    lines.push(
      svg('line', { class: 'grid', x1: LEFT, x2: width, y1: y, y2: y }),
      svg('text', { class: 'scale', x: LEFT - 8, y: y + 4 }, count),
    );
  }
  return lines;
}

/**
 * @param {number} start
 * @param {number} base
 * @param {(moment: number) => number} x
 * @param {number} width
 */
function ticks(start, base, x, width) {
  const marks = [
    svg('line', { class: 'axis', x1: LEFT, x2: width, y1: base, y2: base }),
    svg('line', { class: 'today', x1: x(start), x2: x(start), y1: 4, y2: base + 5 }),
    svg('text', { x: LEFT + 4, y: base + 20 }, 'past'),
  ];
  const every = width < 560 ? 30 : width < 900 ? 15 : 10;
  for (let days = 0; days < HORIZON; days += every) {
    const moment = start + days * DAY;
    marks.push(
      svg('line', { class: 'axis', x1: x(moment), x2: x(moment), y1: base, y2: base + 5 }),
      svg('text', { x: x(moment) + 2, y: base + 20 }, days ? shortDay(moment) : 'today'),
    );
  }
  return marks;
}
