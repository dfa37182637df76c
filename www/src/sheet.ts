//! A small table of the page itself. Where it is wider than its place it scrolls, by key too.

import { html } from './dom.js';

/** Makes a table of rows under heads. */
export function sheet(
  label: string,
  heads: readonly (Node | string)[],
  rows: readonly HTMLTableRowElement[],
): HTMLElement {
  const cells = heads.map((head) =>
    html(
      'th',
      { scope: 'col', class: typeof head === 'string' && head.startsWith('Rows') ? 'number' : undefined },
      head,
    ),
  );
  return html(
    'div',
    { class: 'sheet-frame', tabindex: 0, role: 'group', 'aria-label': label },
    html('table', { class: 'sheet' }, html('thead', {}, html('tr', {}, ...cells)), html('tbody', {}, ...rows)),
  );
}

/** A head that is only read. */
export function silentHead(text: string): HTMLElement {
  return html('span', { class: 'visually-hidden' }, text);
}
