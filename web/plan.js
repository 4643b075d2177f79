/** What a rotation would do now, as GET /api/plan tells it. */

import { el } from './dom.js';
import { instant } from './times.js';
import { STEPS } from './words.js';

/** @typedef {import('./shapes.js').Plan} Plan */

/**
 * @param {Plan} plan
 * @returns {HTMLElement}
 */
export function planned(plan) {
  const steps = (plan.steps ?? []).map(({ step, note, until, calls }) => {
    const changes = calls.filter((call) => call.changes);
    return el(
      'li',
      {},
      STEPS[step] ?? step,
      ...changes.map((call) => el('span', { class: 'sub' }, `${call.operation} on ${call.target}`)),
      note && el('span', { class: 'sub' }, note),
      until && el('span', { class: 'sub' }, 'until ', instant(until, true)),
    );
  });
  const complaints = plan.complaints ?? [];
  return el(
    'div',
    {},
    el(
      'p',
      {},
      'Now it would end as ',
      el('strong', {}, plan.outcome.replaceAll('_', ' ')),
      plan.reason && complaints.length === 0 ? `: ${plan.reason}.` : '.',
    ),
    plan.previousSlot &&
      plan.slot &&
      plan.slot !== plan.previousSlot &&
      el(
        'p',
        {},
        `Consumers keep working on ${plan.previousSlot} until they read the new version, which holds ${plan.slot}.`,
      ),
    complaints.length > 0 && el('ul', {}, ...complaints.map((text) => el('li', {}, text))),
    steps.length > 0 && el('ol', { class: 'plan-steps' }, ...steps),
  );
}
