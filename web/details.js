/** What is known of a secret and of a rotation, set out to be read. */

import { badge } from './badge.js';
import { el } from './dom.js';
import { steps } from './steps.js';
import { day, distance, instant, parse } from './times.js';
import { inHand, standing, stateOf } from './words.js';

/** @typedef {import('./shapes.js').Secret} Secret */
/** @typedef {import('./shapes.js').Rotation} Rotation */

/** @param {Secret} secret */
export function aboutSecret(secret) {
  const state = stateOf(secret.state);
  const { complaints = [], provider, slot, strategy, expiresOn, nextRotation, window, approval } = secret;
  const { replicaOf, replicas = [] } = secret;
  return [
    el('p', { class: 'state-line' }, badge(state), ' ', state.meaning),
    complaints.length > 0 &&
      el(
        'div',
        { class: 'notice warn' },
        el('strong', {}, 'What is wrong with its tags'),
        el('ul', {}, ...complaints.map((text) => el('li', {}, text))),
      ),
    facts([
      ['Expires', expiresOn && [day(expiresOn), ` (${distance(parse(expiresOn))})`]],
      ['Next rotation', nextRotation && [day(nextRotation), ` (${distance(parse(nextRotation))})`]],
      ['Window', window && [window]],
      ['Approval', approval === true && ['of each rotation']],
      ['Lives on', provider && [slot && `${slot} of `, provider.name, strategy === 'pinned' && ', pinned']],
      ['Replica of', replicaOf && [`${replicaOf.secret} in ${replicaOf.vault}`]],
      ...replicas.map((one) => replicaRow(one)),
    ]),
  ].filter((node) => node !== false);
}

/**
 * @param {{vault: string, state: string, reason?: string}} one
 * @returns {[string, string[]]}
 */
function replicaRow({ vault, state, reason }) {
  return [`Replica in ${vault.split('.')[0]}`, [reason ? `${state}: ${reason}` : state]];
}

/** @param {Rotation} one */
export function aboutRotation(one) {
  const how = standing(one);
  const { previousSlot, slot, previousVersion = one.replaces, version } = one;
  return [
    el(
      'h3',
      {},
      'Rotation ',
      el('span', { class: `badge ${how.tone}` }, how.label),
      one.late === true && el('span', { class: 'badge bad' }, 'Late'),
    ),
    one.reason && el('p', { class: `notice ${how.tone}` }, one.reason),
    one.waitingFor &&
      inHand(one) &&
      el(
        'p',
        { class: 'notice busy' },
        el('strong', {}, 'Waits for '),
        one.waitingFor,
        one.until && ', until ',
        one.until && instant(one.until, true),
      ),
    steps(one),
    el(
      'details',
      {},
      el('summary', {}, 'Facts'),
      facts([
        ['Id', [el('code', {}, one.id)]],
        ['Cause', [one.cause ?? '–', one.force === true && ', forced']],
        ['Re-driven', one.redrives ? [`${one.redrives} times`] : ''],
        ['Began', [instant(one.createdTime, true)]],
        ['Last sign of life', [instant(one.lastUpdatedTime, true)]],
        ['Slot', previousSlot && [slot && slot !== previousSlot ? `${previousSlot} → ${slot}` : previousSlot]],
        ['Replaced version', previousVersion && [el('code', {}, previousVersion)]],
        ['New version', version && [el('code', {}, version)]],
        ['New version expires', one.expiresOn && [day(one.expiresOn)]],
        ['Verified on the', one.verified && [one.verified]],
        ['Previous key', one.retired !== undefined && [one.retired ? 'retired' : 'still alive']],
        ['Moved', one.moved !== undefined && one.moved.length > 0 && [one.moved.join(', ')]],
        ['Window', one.window && [one.window, one.hurry && `: ${one.hurry}`]],
        ['Approval', one.approval && [one.approval]],
        ['Note', one.note && [one.note]],
      ]),
    ),
  ].filter((node) => node instanceof Node);
}

/** What there is to say of a secret without a rotation. */
export function nothingYet() {
  return el('p', { class: 'hint' }, 'This app has not rotated it yet, or the record has been purged.');
}

/**
 * @param {[string, import('./dom.js').Child[] | string | false | null | undefined][]} rows
 */
function facts(rows) {
  const known = rows.filter(([, content]) => content);
  return el(
    'dl',
    { class: 'facts' },
    ...known.flatMap(([name, content]) => [
      el('dt', {}, name),
      el('dd', {}, ...(Array.isArray(content) ? content : [content])),
    ]),
  );
}
