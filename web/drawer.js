/** The panel at the side: a secret with its rotations, or the parked events. Focus and scroll survive a refresh. */

import { el, fill, keepingFocus, part } from './dom.js';

export class Drawer {
  /** @param {() => void} onClose */
  constructor(onClose) {
    this.dialog = part('drawer', HTMLDialogElement);
    this.title = part('drawer-title', HTMLHeadingElement);
    this.body = part('drawer-body', HTMLDivElement);
    this.actions = part('drawer-actions', HTMLDivElement);
    this.status = part('drawer-status', HTMLParagraphElement);
    /** @type {Map<string, HTMLButtonElement>} */
    this.buttons = new Map();
    this.dialog.addEventListener('close', onClose);
    part('drawer-close', HTMLButtonElement).addEventListener('click', () => this.dialog.close());
    // A click beside it lands on the dialog's own backdrop.
    this.dialog.addEventListener('click', (event) => {
      if (event.target === this.dialog) this.dialog.close();
    });
  }

  /**
   * @param {string} title
   * @param {string} subtitle
   */
  open(title, subtitle) {
    this.title.textContent = title;
    part('drawer-subtitle', HTMLParagraphElement).textContent = subtitle;
    fill(this.body, el('p', { class: 'hint' }, 'Loading …'));
    this.offer([]);
    this.say('');
    if (!this.dialog.open) this.dialog.showModal();
    this.body.scrollTop = 0;
    this.title.focus();
  }

  /**
   * Shows content unless it is there already.
   *
   * @param {...Node} content
   */
  show(...content) {
    const fresh = el('div', {}, ...content);
    const old = this.body.firstElementChild;
    if (old?.isEqualNode(fresh)) return;
    // Details that the reader has opened stay open, and the button they are on stays theirs.
    const open = [...this.body.querySelectorAll('details')].map((one) => one.open);
    const focused = this.body.querySelector(':focus')?.getAttribute('data-key');
    const scroll = this.body.scrollTop;
    fill(this.body, fresh);
    this.body.querySelectorAll('details').forEach((one, place) => {
      one.open = open[place] ?? one.open;
    });
    this.body.scrollTop = scroll;
    const again = focused && this.body.querySelector(`[data-key="${CSS.escape(focused)}"]`);
    if (again instanceof HTMLElement) again.focus();
  }

  /**
   * Shows what can be done; buttons that stay keep the focus.
   *
   * @param {{id: string, label: string, kind?: string, act: () => void}[]} choices
   */
  offer(choices) {
    const wanted = new Set(choices.map(({ id }) => id));
    for (const id of this.buttons.keys()) {
      if (!wanted.has(id)) this.buttons.delete(id);
    }
    for (const { id, label, kind, act } of choices) {
      const button = this.buttons.get(id) ?? el('button', { type: 'button', 'data-verb': id }, label);
      button.className = kind ?? '';
      button.onclick = act;
      this.buttons.set(id, button);
    }
    const order = choices.flatMap(({ id }) => this.buttons.get(id) ?? []);
    const { children } = this.actions;
    const isSame = order.length === children.length && order.every((one, place) => one === children[place]);
    if (!isSame) keepingFocus(() => fill(this.actions, ...order));
  }

  /** @param {string} text said aloud when it is new */
  say(text) {
    if (this.status.textContent !== text) this.status.textContent = text;
  }
}
