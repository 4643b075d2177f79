/** Repeats a task while somebody looks: never two at once, never busier than the app can bear, not in a hidden tab. */

import { ApiError } from './api.js';

const LONGEST = 120_000;
const SHARE = 5;

export class Refresh {
  static isPaused = false;
  /** @type {Refresh[]} */
  static all = [];

  /** @param {boolean} isPaused whether nothing is to be repeated until further notice */
  static pause(isPaused) {
    Refresh.isPaused = isPaused;
    if (!isPaused) Refresh.all.filter(({ isOn }) => isOn).forEach((one) => one.now());
  }

  /**
   * @param {() => Promise<void>} task
   * @param {number} every milliseconds
   */
  constructor(task, every) {
    this.task = task;
    this.every = every;
    this.isOn = false;
    this.isBusy = false;
    this.again = false;
    this.failures = 0;
    this.timer = 0;
    const look = () => {
      if (this.isOn && !document.hidden && !Refresh.isPaused) this.now();
    };
    document.addEventListener('visibilitychange', look);
    window.addEventListener('online', look);
    Refresh.all.push(this);
  }

  start() {
    this.isOn = true;
    this.now();
  }

  stop() {
    this.isOn = false;
    window.clearTimeout(this.timer);
  }

  /** Runs the task at once; once more if it is running already, because what it reads may be old. */
  async now() {
    window.clearTimeout(this.timer);
    if (this.isBusy) {
      this.again = true;
      return;
    }
    this.isBusy = true;
    const began = performance.now();
    let wait = this.every;
    try {
      await this.task();
      this.failures = 0;
    } catch (error) {
      this.failures += 1;
      wait = Math.min(LONGEST, this.every * 2 ** this.failures);
      if (error instanceof ApiError) wait = Math.max(wait, error.retryAfter * 1000);
    }
    this.isBusy = false;
    if (this.again) {
      this.again = false;
      this.now();
      return;
    }
    // A list of ten thousand takes its time: it is asked for a fifth of the time at most.
    wait = Math.max(wait, (performance.now() - began) * SHARE);
    if (!this.isOn) return;
    this.timer = window.setTimeout(() => document.hidden || Refresh.isPaused || this.now(), wait);
  }
}
