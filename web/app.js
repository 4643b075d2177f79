/** Puts the page together: a key is asked for, then the board is filled and kept fresh. */

import { ApiError, forgetKey, parkedEvents, secrets, useKey } from './api.js';
import { el, fill, part } from './dom.js';
import { trouble } from './errors.js';
import { Drawer } from './drawer.js';
import { Health } from './health.js';
import { FILTERS } from './model.js';
import { showParked } from './parked.js';
import { QuestionDialog } from './question.js';
import { Refresh } from './refresh.js';
import { RotationView } from './rotation.js';
import { Table } from './table.js';
import { Timeline } from './timeline.js';
import { clockTime, now } from './times.js';

/** @typedef {import('./shapes.js').Secret} Secret */

const EVERY = 10_000;

const board = part('board', HTMLDivElement);
const signIn = part('sign-in', HTMLFormElement);
const keyField = part('key', HTMLInputElement);
const keyTrouble = part('key-trouble', HTMLParagraphElement);
const notices = part('notices', HTMLDivElement);
const freshness = part('freshness', HTMLParagraphElement);
const pause = part('pause', HTMLButtonElement);
const stateFilter = part('state', HTMLSelectElement);
const textFilter = part('text', HTMLInputElement);

const refresh = new Refresh(load, EVERY);
const drawer = new Drawer(() => rotationView.close());
const rotationView = new RotationView(drawer, new QuestionDialog(), () => refresh.now());
const table = new Table((secret) => rotationView.open(secret));
const health = new Health(filterBy, () => showParked(drawer));
const timeline = new Timeline();

/** Whether everything has been read once. */
let isComplete = false;

/** @param {string} filter */
function filterBy(filter) {
  // A second press on the same figure lifts it.
  const wanted = table.view.filter === filter ? 'all' : filter;
  stateFilter.value = wanted;
  health.mark(wanted);
  table.look({ filter: wanted });
}

/** Reads everything and shows it; what comes first on the first time is shown at once. */
async function load() {
  try {
    /** @type {Secret[]} */
    const all = [];
    /** @type {Map<string, string>} */
    const unreachable = new Map();
    const parked = parkedEvents().then(
      (events) => events.length,
      () => null,
    );
    for await (const page of secrets(!isComplete)) {
      all.push(...page.secrets);
      page.unreachable.forEach(({ vault, reason }) => unreachable.set(vault, reason));
      if (board.hidden) show(all, null);
      if (!isComplete) freshness.textContent = `Reading … ${all.length.toLocaleString('en')} so far`;
    }
    isComplete = true;
    const news = show(all, await parked);
    if (news.length > 0) part('announcements', HTMLParagraphElement).textContent = news.join('. ');
    freshness.textContent = `Updated ${clockTime(now())}`;
    freshness.className = 'freshness';
    notify(
      unreachable.size > 0 &&
        el(
          'div',
          { class: 'notice warn' },
          el('strong', {}, 'Some secrets are missing below.'),
          el('ul', {}, ...[...unreachable].map(([vault, reason]) => el('li', {}, `${vault}: ${reason}`))),
        ),
    );
  } catch (error) {
    failed(error);
    throw error;
  }
}

/**
 * @param {Secret[]} all
 * @param {number | null} parked
 */
function show(all, parked) {
  signIn.hidden = true;
  board.hidden = false;
  part('controls', HTMLDivElement).hidden = false;
  const news = health.show(all, parked);
  timeline.show(all);
  table.show(all);
  all.forEach((secret) => rotationView.update(secret));
  return news;
}

/** @param {unknown} error */
function failed(error) {
  if (board.hidden || (error instanceof ApiError && error.status === 401)) {
    askForKey();
    fill(keyTrouble, trouble(error));
    keyField.setAttribute('aria-invalid', 'true');
    return;
  }
  freshness.className = 'freshness stale';
  notify(el('div', { class: 'notice bad' }, trouble(error), 'What you see is from before.'));
}

/** @param {HTMLElement | false} notice said aloud when it is new */
function notify(notice) {
  if (notice && notices.firstElementChild?.isEqualNode(notice)) return;
  fill(notices, notice);
}

function askForKey() {
  forgetKey();
  refresh.stop();
  drawer.dialog.close();
  board.hidden = true;
  part('controls', HTMLDivElement).hidden = true;
  fill(notices);
  signIn.hidden = false;
  keyField.focus();
}

signIn.addEventListener('submit', (event) => {
  event.preventDefault();
  const text = keyField.value.trim();
  fill(keyTrouble);
  keyField.removeAttribute('aria-invalid');
  if (/[^\x21-\x7e]/.test(text)) {
    fill(keyTrouble, 'That is no key: it holds spaces or letters that keys do not have.');
    return;
  }
  useKey(text);
  keyField.value = '';
  refresh.start();
});
part('forget', HTMLButtonElement).addEventListener('click', () => window.location.reload());
pause.addEventListener('click', () => {
  Refresh.pause(!Refresh.isPaused);
  pause.setAttribute('aria-pressed', String(Refresh.isPaused));
});
fill(stateFilter, ...FILTERS.map(({ id, label }) => el('option', { value: id }, label)));
stateFilter.addEventListener('change', () => {
  health.mark(stateFilter.value);
  table.look({ filter: stateFilter.value });
});
textFilter.addEventListener('input', () => table.look({ text: textFilter.value }));
// A page that comes back from the browser's memory would bring the key back with it.
window.addEventListener('pageshow', (event) => {
  if (event.persisted) window.location.reload();
});
keyField.focus();
