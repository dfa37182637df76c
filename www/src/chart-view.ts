//! A result as a chart: which column is x, which ones are y, lines or bars.

import type { ColumnInfo, SqlValue } from 'amphi';
import { html } from './dom.js';
import { counted, valueText } from './format.js';
import { plot, type Series } from './plot.js';
import { segmented } from './segmented.js';

const COLORS = ['var(--series-1)', 'var(--series-2)', 'var(--series-3)', 'var(--series-4)'];
/** More bars than that cannot be told apart. */
const MOST_BARS = 400;
const MOST_POINTS = 100_000;

/** Whether a value can be drawn. */
function asNumber(value: SqlValue): number {
  if (typeof value === 'number' || typeof value === 'bigint') return Number(value);
  if (typeof value === 'string' && value.trim() !== '') return Number(value);
  return NaN;
}

/** The columns that are numbers in the first rows. */
function numericColumns(columns: readonly ColumnInfo[], rows: readonly SqlValue[][]): number[] {
  const sample = rows.slice(0, 50);
  return columns.flatMap((_, c) => {
    const values = sample.map((row) => row[c]!).filter((value) => value !== null);
    return values.length > 0 && values.every((value) => !Number.isNaN(asNumber(value))) ? [c] : [];
  });
}

/** Whether a column has numbers in rising order; anything else stands one beside the other. */
function isScale(rows: readonly SqlValue[][], column: number): boolean {
  const numbers = rows.map((row) => asNumber(row[column]!));
  return numbers.every((n, i) => !Number.isNaN(n) && (i === 0 || n > numbers[i - 1]!));
}

/** Makes the chart of a result. */
export function chartView(columns: readonly ColumnInfo[], rows: readonly SqlValue[][]): HTMLElement {
  const numeric = numericColumns(columns, rows);
  if (rows.length === 0 || numeric.length === 0) {
    return html('p', { class: 'empty' }, 'A chart needs a column of numbers. Try “GROUP BY” with COUNT(*) or SUM(…).');
  }
  const firstOther = columns.findIndex((_, c) => !numeric.includes(c));
  let x = firstOther >= 0 && !isScale(rows, 0) ? firstOther : 0;
  let ys = numeric.filter((c) => c !== x).slice(-1);
  if (ys.length === 0) ys = [numeric[0]!];
  let kind: 'line' | 'bar' = rows.length <= 60 ? 'bar' : 'line';

  const chart = plot();
  const note = html('p', { class: 'muted small' });
  const draw = (): void => {
    const most = kind === 'bar' ? MOST_BARS : MOST_POINTS;
    const shown = rows.slice(0, most);
    note.textContent = rows.length > most ? `The first ${counted(most, 'row')} of ${counted(rows.length, 'row')}.` : '';
    const hasScale = kind === 'line' && isScale(shown, x);
    const at = (i: number): number => (hasScale ? asNumber(shown[i]![x]!) : i);
    const series: Series[] = ys.map((c, s) => ({
      name: columns[c]!.name,
      color: COLORS[s % COLORS.length]!,
      points: shown.map((row, i) => [at(i), asNumber(row[c]!)] as const),
    }));
    const names = new Map(shown.map((row, i) => [at(i), valueText(row[x]!)]));
    chart.draw(series, {
      label: `${ys.map((c) => columns[c]!.name).join(', ')} by ${columns[x]!.name}`,
      kind,
      xText: (value) => names.get(value) ?? '',
    });
  };

  const xChoice = html(
    'select',
    {
      onchange: () => {
        x = Number(xChoice.value);
        draw();
      },
    },
    ...columns.map(({ name }, c) => html('option', { value: c, selected: c === x }, name)),
  );
  const yChoices = numeric.map((c) => {
    const box = html('input', {
      type: 'checkbox',
      checked: ys.includes(c),
      onchange: () => {
        ys = box.checked ? [...ys, c].sort((a, b) => a - b) : ys.filter((y) => y !== c);
        draw();
      },
    });
    return html('label', { class: 'check' }, box, columns[c]!.name);
  });
  const kinds = segmented<'line' | 'bar'>(
    'Kind of chart',
    [
      { value: 'bar', label: 'Bars' },
      { value: 'line', label: 'Lines' },
    ],
    kind,
    (chosen) => {
      kind = chosen;
      draw();
    },
  );
  draw();
  return html(
    'div',
    { class: 'chart' },
    html(
      'div',
      { class: 'chart-choices' },
      html('label', { class: 'field' }, html('span', {}, 'x'), xChoice),
      html('fieldset', { class: 'checks' }, html('legend', {}, 'y'), ...yChoices),
      kinds.element,
    ),
    chart.element,
    note,
  );
}
