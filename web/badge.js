/** A state as a small label; its colour only repeats what the word says. */

import { el } from './dom.js';

/**
 * @param {{label: string, tone: string, meaning?: string}} what
 * @returns {HTMLElement}
 */
export function badge({ label, tone, meaning }) {
  return el('span', { class: `badge ${tone}`, title: meaning }, label);
}
