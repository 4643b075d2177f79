/** Who uses a secret, and which version each of them has, set out to be read. */

import { badge } from './badge.js';
import { el } from './dom.js';

/** @typedef {import('./shapes.js').Consumer} Consumer */
/** @typedef {import('./shapes.js').Consumers} Consumers */

/** @type {Record<string, {label: string, tone: string, meaning: string}>} */
const STATES = {
  pinned: {
    label: 'Pinned',
    tone: 'bad',
    meaning: 'names another version, and stays there until somebody changes that',
  },
  behind: { label: 'Behind', tone: 'busy', meaning: 'has not got the version yet' },
  unknown: { label: 'Unknown', tone: 'warn', meaning: 'its platform does not tell what it holds' },
  unseen: { label: 'Unseen', tone: 'warn', meaning: 'could not be looked at' },
  unresolved: { label: 'Unresolved', tone: 'warn', meaning: 'its reference leads to nothing' },
  absent: { label: 'Absent', tone: 'off', meaning: 'does not refer to the secret' },
  current: { label: 'Current', tone: 'good', meaning: 'has the version' },
};

/**
 * @param {Consumers | null} known null where they could not be asked for
 * @returns {Node[]} nothing where nobody is known
 */
export function aboutConsumers(known) {
  if (!known || known.consumers.length === 0) return [];
  return [
    el('h3', {}, 'Consumers'),
    el('p', { class: 'hint' }, 'Who has version ', el('code', {}, known.version ?? '?')),
    el('ul', { class: 'consumers' }, ...known.consumers.map((one) => el('li', {}, ...described(one)))),
  ];
}

/** @param {Consumer} one */
function described({ id, name, state, version, settings, reason }) {
  const how = STATES[state] ?? { label: state, tone: 'off', meaning: '' };
  return [
    badge(how),
    ' ',
    el('strong', { title: id }, name),
    el(
      'span',
      { class: 'sub' },
      how.meaning,
      settings.length > 0 && ` (${settings.join(', ')})`,
      state !== 'current' && version && ': ',
      state !== 'current' && version && el('code', {}, version),
      reason && `: ${reason}`,
    ),
  ];
}
