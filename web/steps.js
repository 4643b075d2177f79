/** The steps of a rotation, in the order in which they were taken. */

import { el } from './dom.js';
import { duration, instant, now, parse } from './times.js';
import { RESULTS, STEPS, inHand } from './words.js';

/** @typedef {import('./shapes.js').Rotation} Rotation */
/** @typedef {import('./shapes.js').Step} Step */

/**
 * @param {Rotation} rotation
 * @returns {HTMLOListElement}
 */
export function steps(rotation) {
  return el('ol', { class: 'steps' }, ...(rotation.steps ?? []).map((step) => item(step, rotation)));
}

/**
 * @param {Step} step
 * @param {Rotation} rotation
 */
function item(step, rotation) {
  const isOpen = !step.endedTime && inHand(rotation);
  const result = step.result === 'retry' && !inHand(rotation) ? 'stop' : step.result;
  const ended = isOpen ? now() : parse(step.endedTime);
  const took = Number.isNaN(ended) ? '' : duration(ended - parse(step.startedTime));
  const facts = [isOpen && took ? `for ${took} so far` : took, step.attempts > 1 && `${step.attempts} attempts`];
  const isToldAbove = step.reason && (rotation.reason?.endsWith(step.reason) || rotation.waitingFor === step.reason);
  return el(
    'li',
    { class: result },
    el(
      'div',
      { class: 'step-head' },
      el('span', { class: 'step-name' }, STEPS[step.step] ?? step.step),
      el('span', { class: 'result' }, RESULTS[result] ?? result),
    ),
    el(
      'div',
      { class: 'sub' },
      el('code', {}, step.step),
      ' · ',
      instant(step.startedTime, true),
      ...facts.filter(Boolean).flatMap((fact) => [' · ', fact]),
    ),
    step.reason && !isToldAbove && el('p', { class: 'why' }, step.reason),
  );
}
