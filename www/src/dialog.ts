//! A window over the page that waits for an answer or for being closed.

import { html, newId } from './dom.js';
import { icon } from './icon.js';

/** Opens one. It is gone once it is closed: by its button, by Escape, by a click beside it, or by whoever opened it. */
export function openDialog(title: string, content: readonly (Node | string)[], closed?: () => void): HTMLDialogElement {
  const heading = newId('dialog');
  const close = html(
    'button',
    { type: 'button', class: 'quiet square', 'aria-label': 'Close', onclick: () => dialog.close() },
    icon('close'),
  );
  const dialog = html(
    'dialog',
    {
      'aria-labelledby': heading,
      onclose: () => {
        dialog.remove();
        closed?.();
      },
      onclick: (event: MouseEvent) => {
        if (event.target === dialog) dialog.close();
      },
    },
    html(
      'div',
      { class: 'dialog' },
      html('div', { class: 'dialog-head' }, html('h2', { id: heading }, title), close),
      ...content,
    ),
  );
  document.body.append(dialog);
  dialog.showModal();
  return dialog;
}
