/** The parked events in the drawer. */

import { parkedEvents } from './api.js';
import { el } from './dom.js';
import { trouble } from './errors.js';
import { instant } from './times.js';

/**
 * @param {import('./drawer.js').Drawer} drawer
 */
export async function showParked(drawer) {
  drawer.open('Parked events', 'What the starter could not read, or must not rotate; newest first');
  try {
    const events = await parkedEvents();
    drawer.show(
      events.length === 0
        ? el('p', { class: 'hint' }, 'There are none.')
        : el(
            'ul',
            { class: 'parked' },
            ...events.map((event) =>
              el(
                'li',
                {},
                el('strong', {}, event.reason),
                el(
                  'span',
                  { class: 'sub' },
                  instant(event.enqueued, true),
                  ` · partition ${event.partition}, sequence number ${event.sequenceNumber ?? '?'}, event ${event.position}`,
                ),
                el('pre', {}, event.excerpt),
              ),
            ),
          ),
    );
  } catch (error) {
    drawer.show(el('div', { class: 'notice bad' }, trouble(error)));
  }
}
