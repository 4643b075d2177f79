/** One secret in the drawer: its rotation step by step, what it waits for, its earlier ones, and what can be done. */

import { ApiError, act, consumersOf, plan, rotate, rotation, rotationsOf } from './api.js';
import { aboutConsumers } from './consumers.js';
import { aboutRotation, aboutSecret, nothingYet } from './details.js';
import { el, fill } from './dom.js';
import { explain, trouble } from './errors.js';
import { nameOf } from './model.js';
import { planned } from './plan.js';
import { Refresh } from './refresh.js';
import { instant } from './times.js';
import { VERBS, inHand, standing } from './words.js';

/** @typedef {import('./shapes.js').Secret} Secret */
/** @typedef {import('./shapes.js').Rotation} Rotation */
/** @typedef {import('./drawer.js').Drawer} Drawer */
/** @typedef {import('./question.js').QuestionDialog} QuestionDialog */

const EVERY = 3000;

export class RotationView {
  /**
   * @param {Drawer} drawer
   * @param {QuestionDialog} questions
   * @param {() => void} changed called when something was done
   */
  constructor(drawer, questions, changed) {
    this.drawer = drawer;
    this.questions = questions;
    this.changed = changed;
    this.refresh = new Refresh(() => this.load(), EVERY);
    /** @type {Secret | null} */
    this.secret = null;
    this.id = '';
    this.isShown = false;
    this.isTroubled = false;
  }

  /** @param {Secret} secret */
  open(secret) {
    this.secret = secret;
    this.id = secret.lastRotation?.id ?? '';
    this.isShown = false;
    this.drawer.open(secret.secret, secret.vault);
    this.refresh.start();
  }

  close() {
    this.secret = null;
    this.refresh.stop();
  }

  /**
   * Takes what the list says now of the secret that is open.
   *
   * @param {Secret} secret
   */
  update(secret) {
    if (!this.secret || nameOf(secret) !== nameOf(this.secret)) return;
    const hadLatest = this.id === (this.secret.lastRotation?.id ?? '');
    this.secret = secret;
    const latest = secret.lastRotation?.id ?? '';
    if (hadLatest && latest !== this.id) this.select(latest);
  }

  /** @param {string} id */
  select(id) {
    this.id = id;
    this.refresh.now();
  }

  async load() {
    const { secret, id } = this;
    if (!secret) return;
    // Meanwhile the reader may go elsewhere.
    const isStill = () => this.secret && nameOf(this.secret) === nameOf(secret) && this.id === id;
    try {
      const wanted = id ? rotation(id).catch(purged) : null;
      const { vault, secret: name } = secret;
      // A key that opens the other functions need not open this one.
      const known = consumersOf(vault, name).catch(() => null);
      const [one, all, consumers] = await Promise.all([wanted, rotationsOf(vault, name), known]);
      if (isStill()) this.show(this.secret ?? secret, one, all, aboutConsumers(consumers));
    } catch (error) {
      if (isStill()) this.fail(error);
      throw error;
    }
  }

  /** @param {unknown} error */
  fail(error) {
    const { title, detail, advice } = explain(error);
    this.isTroubled = true;
    if (this.isShown) this.drawer.say(`${title} ${detail} ${advice}`);
    else this.drawer.show(el('div', { class: 'notice bad' }, trouble(error)));
  }

  /**
   * @param {Secret} secret
   * @param {Rotation | null} one
   * @param {Rotation[]} all
   * @param {Node[]} consumers
   */
  show(secret, one, all, consumers) {
    if (this.isTroubled) this.drawer.say('');
    this.isTroubled = false;
    this.isShown = true;
    const rotations = one ? aboutRotation(one) : [nothingYet()];
    this.drawer.show(...aboutSecret(secret), ...rotations, ...consumers, ...this.others(one, all));
    const choices = !one ? [] : (one.can ?? []).filter((verb) => verb in VERBS).map((verb) => this.choice(verb, one));
    const act = () => this.askToRotate(secret);
    if (!one || !inHand(one)) choices.push({ id: 'rotate', label: 'Rotate…', kind: '', act });
    this.drawer.offer(choices);
  }

  /**
   * @param {Rotation | null} one
   * @param {Rotation[]} all
   */
  others(one, all) {
    const rest = all.filter(({ id }) => id !== one?.id);
    if (rest.length === 0) return [];
    const items = rest.map((other) =>
      el(
        'li',
        {},
        el(
          'button',
          { type: 'button', class: 'link', 'data-key': other.id, onclick: () => this.select(other.id) },
          instant(other.createdTime),
        ),
        el('span', { class: `tone ${standing(other).tone}` }, standing(other).label),
        other.reason && el('span', { class: 'sub' }, other.reason),
      ),
    );
    return [el('h3', {}, 'Other rotations'), el('ul', { class: 'others' }, ...items)];
  }

  /**
   * @param {string} verb
   * @param {Rotation} one
   */
  choice(verb, one) {
    const { id } = one;
    const isObvious =
      ['consumers-ready', 'approve'].includes(verb) || (verb === 'restart' && one.status !== 'Completed');
    const { label, title, yes, danger, says } = VERBS[verb] ?? { label: verb, title: verb, yes: verb, says: [] };
    const ask = () =>
      this.questions.ask({
        title,
        yes,
        danger: danger ?? false,
        body: says.map((text) => el('p', {}, text)),
        act: async (reason) => {
          const { did, instance } = await act(id, verb, reason);
          this.done(`Done: ${did}.`, instance ?? id);
        },
      });
    return { id: verb, label, kind: danger ? 'danger' : isObvious ? 'primary' : '', act: ask };
  }

  /** @param {Secret} secret */
  askToRotate(secret) {
    const box = el('div', { class: 'plan', 'aria-live': 'polite' });
    const force = el('input', { type: 'checkbox', id: 'force' });
    const look = async () => {
      fill(box, el('p', { class: 'hint' }, 'Asking what it would do …'));
      const wanted = force.checked;
      const answer = await plan(secret.vault, secret.secret, wanted).then(planned, trouble);
      if (wanted === force.checked) fill(box, answer);
    };
    force.addEventListener('change', look);
    this.questions.ask({
      title: `Rotate ${secret.secret}?`,
      yes: 'Rotate it',
      body: [box, el('label', { class: 'check', for: 'force' }, force, ' Even if it is not due, or has been settled')],
      act: async (reason) => {
        const { vault, secret: name } = secret;
        const started = await rotate({ vault, secret: name, force: force.checked, ...(reason && { reason }) });
        this.done(started.start === 'joined' ? 'It was under way already.' : 'Started.', started.id);
      },
    });
    look();
  }

  /**
   * @param {string} text
   * @param {string} id the rotation to show now
   */
  done(text, id) {
    this.drawer.say(text);
    this.id = id;
    this.refresh.now();
    this.changed();
  }
}

/**
 * @param {unknown} error
 * @returns {null} where a rotation is no more
 */
function purged(error) {
  if (error instanceof ApiError && error.status === 404) return null;
  throw error;
}
