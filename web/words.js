/** What the page calls things, and what it says will happen. */

/**
 * The states of a secret, worst first, as GET /api/secrets tells them.
 *
 * @type {Record<string, {label: string, tone: string, meaning: string}>}
 */
const STATES = {
  late: { label: 'Late', tone: 'bad', meaning: 'expired before it was rotated' },
  failed: { label: 'Failed', tone: 'bad', meaning: 'the last rotation did not work out' },
  refused: { label: 'Refused', tone: 'warn', meaning: 'somebody has to change something first' },
  wrong: { label: 'Wrong tags', tone: 'warn', meaning: 'its tags cannot be used' },
  approval: { label: 'Approve?', tone: 'warn', meaning: 'waits for somebody to approve of its rotation' },
  due: { label: 'Due', tone: 'soon', meaning: 'within its lead, and not rotated yet' },
  rotating: { label: 'Rotating', tone: 'busy', meaning: 'a rotation is under way' },
  window: { label: 'Awaits window', tone: 'busy', meaning: 'its rotation waits for a maintenance window' },
  grace: { label: 'In grace', tone: 'busy', meaning: 'published; the previous key still lives' },
  paused: { label: 'Paused', tone: 'off', meaning: 'RotationEnabled is false' },
  replica: { label: 'Replica', tone: 'off', meaning: 'a copy that follows another secret; it is not rotated itself' },
  disabled: { label: 'Disabled', tone: 'off', meaning: 'its current version is disabled' },
  ok: { label: 'OK', tone: 'good', meaning: 'nothing to do' },
};

const ORDER = Object.keys(STATES);

/**
 * @param {string} state
 * @returns {{label: string, tone: string, meaning: string}}
 */
export function stateOf(state) {
  return STATES[state] ?? { label: state, tone: 'off', meaning: '' };
}

/**
 * @param {string} state
 * @returns {number} 0 for the worst
 */
export function severity(state) {
  const place = ORDER.indexOf(state);
  return place < 0 ? ORDER.length : place;
}

/** @type {Record<string, string>} */
const TONES = {
  rotated: 'good',
  repaired: 'good',
  moved: 'good',
  restored: 'good',
  not_due: 'off',
  skipped: 'off',
  superseded: 'off',
  refused: 'warn',
  failed: 'bad',
  Failed: 'bad',
  Terminated: 'off',
};

/**
 * How a rotation stands: its outcome, or Durable's word where it has none.
 *
 * @param {{status: string, outcome?: string}} rotation
 * @returns {{label: string, tone: string}}
 */
export function standing(rotation) {
  const { status, outcome } = rotation;
  if (inHand(rotation)) return { label: status === 'Running' ? 'Running' : status, tone: 'busy' };
  const word = outcome ?? status;
  const label = word.replaceAll('_', ' ');
  return { label: label[0]?.toUpperCase() + label.slice(1), tone: TONES[word] ?? 'off' };
}

/**
 * @param {{status: string}} rotation
 * @returns {boolean}
 */
export function inHand({ status }) {
  return ['Pending', 'Running', 'Suspended', 'ContinuedAsNew'].includes(status);
}

/** @type {Record<string, string>} */
export const STEPS = {
  read_metadata: 'Read the secret, and plan',
  find_neighbours: 'Look who else lives on the key',
  move_secret: 'Move a neighbour to the other key',
  regenerate_key: 'Regenerate the idle key',
  verify_key: 'Prove that the key works',
  write_version: 'Publish the new version',
  grace: 'Let consumers pick it up',
  lock: 'Wait for the resource to be free',
  window: 'Wait for a maintenance window',
  approval: 'Wait for somebody to approve',
  find_window: 'Look when the window is open',
  swap_slot: 'Retire the previous key',
  restore_version: 'Bring the previous version back',
};

/** @type {Record<string, string>} */
export const RESULTS = {
  done: 'Done',
  retry: 'Waits',
  running: 'Running',
  stop: 'Ended here',
  died: 'Worker died',
};

/**
 * What can be done to a rotation, by the verb of the API.
 *
 * @type {Record<string, {label: string, title: string, yes: string, danger?: boolean, says: string[]}>}
 */
export const VERBS = {
  restart: {
    label: 'Restart…',
    title: 'Restart this rotation?',
    yes: 'Restart it',
    says: [
      'It runs again from the beginning, under the same id. Each step first asks whether it is already done, so nothing ' +
        'is regenerated or written twice.',
      'It ends the same way again unless the cause has been mended.',
    ],
  },
  'consumers-ready': {
    label: 'Consumers ready…',
    title: 'End the grace now?',
    yes: 'End the grace',
    says: [
      'The rotation stops waiting and goes on at once. Where the secret retires its previous key, that key is ' +
        'regenerated: whoever still uses it is refused from then on, and so is every SAS signed with it.',
    ],
  },
  approve: {
    label: 'Approve…',
    title: 'Approve of this rotation?',
    yes: 'Approve',
    says: [
      'Everything is read and planned anew; then it goes on, in its window if it has one. What it would do is told where ' +
        'you rotate by hand.',
      'Your name is not known here: say below who approves, and why.',
    ],
  },
  reject: {
    label: 'Reject…',
    title: 'Reject this rotation?',
    yes: 'Reject it',
    danger: true,
    says: [
      'It ends as refused. Nothing has been changed so far.',
      'The sweep does not ask again for a while; an event or a person may. The secret expires all the same.',
    ],
  },
  rollback: {
    label: 'Roll back…',
    title: 'Go back to the previous version?',
    yes: 'Roll back',
    danger: true,
    says: [
      'The value before this rotation is written again, as a new version. Consumers get it when they next read the ' +
        'secret.',
      'No key is regenerated. It is refused if the previous key is dead already.',
    ],
  },
  cancel: {
    label: 'Cancel…',
    title: 'Stop this rotation where it stands?',
    yes: 'Stop it',
    danger: true,
    says: [
      'It takes no further step. A lock that it holds on the resource runs out by itself.',
      'The secret may be rotated again later: by the sweep, an event or a person. Set the tag RotationEnabled to false to ' +
        'keep it as it is.',
    ],
  },
};
