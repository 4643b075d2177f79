/** The dialog that says what will happen and asks; it stays open until the app has answered. */

import { fill, part } from './dom.js';
import { trouble } from './errors.js';

/**
 * @typedef {object} Question
 * @property {string} title
 * @property {Node[]} body
 * @property {string} yes what the button says
 * @property {boolean} [danger]
 * @property {(reason: string) => Promise<void>} act
 */

export class QuestionDialog {
  constructor() {
    this.dialog = part('question', HTMLDialogElement);
    this.yes = part('question-yes', HTMLButtonElement);
    this.reason = part('reason', HTMLInputElement);
    this.trouble = part('question-trouble', HTMLParagraphElement);
    /** @type {Question | null} */
    this.question = null;
    part('question-no', HTMLButtonElement).addEventListener('click', () => this.dialog.close());
    part('question-form', HTMLFormElement).addEventListener('submit', (event) => {
      event.preventDefault();
      this.answer();
    });
  }

  /** @param {Question} question */
  ask(question) {
    this.question = question;
    const title = part('question-title', HTMLHeadingElement);
    title.textContent = question.title;
    fill(part('question-body', HTMLDivElement), ...question.body);
    fill(this.trouble);
    this.reason.value = '';
    this.yes.textContent = question.yes;
    this.yes.className = question.danger ? 'primary danger' : 'primary';
    this.yes.disabled = false;
    this.dialog.showModal();
    title.focus();
  }

  async answer() {
    const { question } = this;
    if (!question || this.yes.disabled) return;
    this.yes.disabled = true;
    fill(this.trouble);
    try {
      await question.act(this.reason.value.trim());
      this.dialog.close();
    } catch (error) {
      fill(this.trouble, trouble(error));
    } finally {
      this.yes.disabled = false;
    }
  }
}
