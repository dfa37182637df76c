//! One value of a result, whole.

import type { ColumnInfo, SqlValue } from 'amphi';
import { openDialog } from './dialog.js';
import { html } from './dom.js';
import { valueText } from './format.js';

/** Shows a value in a dialog; JSON indented. */
export function showValue(column: ColumnInfo, value: SqlValue): void {
  const isJson = typeof value === 'object' && value !== null && !ArrayBuffer.isView(value) && !(value instanceof Date);
  const text = isJson ? JSON.stringify(value, null, 2) : valueText(value, Infinity);
  openDialog(column.name, [
    html('p', { class: 'muted' }, column.type),
    html('pre', { class: 'value', tabindex: 0, 'aria-label': 'Value' }, text),
  ]);
}
