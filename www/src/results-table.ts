//! A result as a table. Only the rows that are seen are elements: any number of rows scrolls alike.
//!
//! It is a grid as the ARIA practices describe it: one stop of the Tab key, in which arrow keys, Page Up and Down, Home and End
//! move a cell that is active; Enter shows all of its value, Ctrl-C copies it.

import type { ColumnInfo, SqlValue } from 'amphi';
import { announce, html, newId } from './dom.js';
import { count, valueText } from './format.js';
import { showValue } from './value-dialog.js';

const ROW_HEIGHT = 30;
/** Rows drawn above and below what is seen. */
const MARGIN = 12;
/** Browsers have a highest element; beyond this, the scrollbar's way stands for more rows. */
const TALLEST = 8_000_000;
/** Rows whose values decide how wide a column is. */
const MEASURED = 200;

interface DrawnRow {
  readonly element: HTMLElement;
  readonly number: HTMLElement;
  readonly cells: readonly HTMLElement[];
  index: number;
}

const NUMBERS = /^(tiny|small|medium|big)?int|^(integer|decimal|float|double|year|bit)/i;

/** Makes the table of a result. */
export function resultsTable(columns: readonly ColumnInfo[], rows: readonly SqlValue[][]): HTMLElement {
  return new Grid(columns, rows).element;
}

class Grid {
  readonly element: HTMLElement;
  private readonly body: HTMLElement;
  private readonly head: HTMLElement;
  private readonly drawn: DrawnRow[] = [];
  private readonly id = newId('grid');
  private readonly numeric: readonly boolean[];
  /** How tall the body is drawn, and how tall its rows would be. */
  private readonly height: number;
  private readonly whole: number;
  private active = { row: 0, column: 0 };
  private waiting = false;

  constructor(
    private readonly columns: readonly ColumnInfo[],
    private readonly rows: readonly SqlValue[][],
  ) {
    this.numeric = columns.map(({ type }) => NUMBERS.test(type));
    this.whole = rows.length * ROW_HEIGHT;
    this.height = Math.min(this.whole, TALLEST);
    const headers = columns.map(({ name, type }, c) =>
      html(
        'div',
        {
          role: 'columnheader',
          class: this.numeric[c] ? 'cell number' : 'cell',
          'aria-colindex': c + 2,
          title: `${name} ${type}`,
        },
        html('span', { class: 'name' }, name),
        html('span', { class: 'type' }, type.toLowerCase()),
      ),
    );
    const corner = html(
      'div',
      { role: 'columnheader', class: 'cell index', 'aria-colindex': 1 },
      html('span', { class: 'visually-hidden' }, 'Row'),
    );
    this.head = html(
      'div',
      { role: 'rowgroup', class: 'grid-head' },
      html('div', { role: 'row', class: 'grid-row', 'aria-rowindex': 1 }, corner, ...headers),
    );
    this.body = html('div', { role: 'rowgroup', class: 'grid-body', style: `height: ${this.height}px` });
    this.element = html(
      'div',
      {
        role: 'grid',
        class: 'grid',
        tabindex: 0,
        'aria-label': `Result: ${count(rows.length)} rows, ${columns.length} columns`,
        'aria-rowcount': rows.length + 1,
        'aria-colcount': columns.length + 1,
        'aria-readonly': 'true',
        style: `--grid-columns: ${this.widths()}`,
        onscroll: () => this.drawSoon(),
        onkeydown: (event: KeyboardEvent) => this.onKey(event),
        onclick: (event: MouseEvent) => this.onClick(event),
        ondblclick: () => this.showActive(),
        onfocus: () => this.draw(),
      },
      this.head,
      this.body,
    );
    new ResizeObserver(() => this.drawSoon()).observe(this.element);
  }

  private widths(): string {
    const index = `calc(${count(this.rows.length).length + 1}ch + 1rem)`;
    const widths = this.columns.map(({ name, type }, c) => {
      let most = Math.max(name.length + 1, Math.min(type.length, 14));
      for (let r = 0; r < Math.min(MEASURED, this.rows.length); r++)
        most = Math.max(most, valueText(this.rows[r]![c]!).length);
      return `calc(${Math.min(Math.max(most, 4), 44)}ch + 1.5rem + 2px)`;
    });
    return [index, ...widths].join(' ');
  }

  private drawSoon(): void {
    if (this.waiting) return;
    this.waiting = true;
    requestAnimationFrame(() => {
      this.waiting = false;
      this.draw();
    });
  }

  /** How many pixels of rows are above what is seen. */
  private offset(): number {
    const seen = this.element.clientHeight - this.head.offsetHeight;
    if (this.whole <= this.height) return this.element.scrollTop;
    const way = Math.max(1, this.height - seen);
    return Math.min(1, this.element.scrollTop / way) * (this.whole - seen);
  }

  private seenRows(): number {
    return Math.max(1, Math.floor((this.element.clientHeight - this.head.offsetHeight) / ROW_HEIGHT));
  }

  private draw(): void {
    const offset = this.offset();
    const from = Math.max(0, Math.floor(offset / ROW_HEIGHT) - MARGIN);
    const size = Math.min(this.rows.length, this.seenRows() + 2 + 2 * MARGIN);
    const first = Math.min(from, this.rows.length - size);
    while (this.drawn.length < size) this.addRow();
    while (this.drawn.length > size) this.drawn.pop()!.element.remove();
    const shift = this.element.scrollTop - offset;
    for (let index = first; index < first + size; index++) {
      const row = this.drawn[index % size]!;
      if (row.index !== index) this.fill(row, index);
      row.element.style.transform = `translateY(${index * ROW_HEIGHT + shift}px)`;
    }
    this.markActive();
  }

  private addRow(): void {
    const number = html('div', { role: 'rowheader', class: 'cell index', 'aria-colindex': 1 });
    const cells = this.columns.map((_, c) =>
      html('div', { role: 'gridcell', class: this.numeric[c] ? 'cell number' : 'cell', 'aria-colindex': c + 2 }),
    );
    const element = html('div', { role: 'row', class: 'grid-row' }, number, ...cells);
    this.body.append(element);
    // All are filled anew: which row an element shows depends on how many there are.
    for (const row of this.drawn) row.index = -1;
    this.drawn.push({ element, number, cells, index: -1 });
  }

  private fill(row: DrawnRow, index: number): void {
    row.index = index;
    row.element.setAttribute('aria-rowindex', String(index + 2));
    row.element.classList.toggle('odd', index % 2 === 1);
    row.number.textContent = count(index + 1);
    const values = this.rows[index]!;
    row.cells.forEach((cell, c) => {
      const value = values[c]!;
      cell.textContent = valueText(value);
      cell.classList.toggle('null', value === null);
      cell.id = `${this.id}-${index}-${c}`;
    });
  }

  private markActive(): void {
    for (const { cells, index } of this.drawn) {
      cells.forEach((cell, c) => {
        const active = index === this.active.row && c === this.active.column;
        cell.classList.toggle('active', active);
        if (active) this.element.setAttribute('aria-activedescendant', cell.id);
      });
    }
  }

  private move(row: number, column: number): void {
    this.active = {
      row: Math.min(Math.max(0, row), this.rows.length - 1),
      column: Math.min(Math.max(0, column), this.columns.length - 1),
    };
    this.reveal();
    this.draw();
  }

  /** Scrolls until the active cell is seen. */
  private reveal(): void {
    const seen = this.element.clientHeight - this.head.offsetHeight;
    const top = this.active.row * ROW_HEIGHT;
    const offset = this.offset();
    let wanted = offset;
    if (top < offset) wanted = top;
    else if (top + ROW_HEIGHT > offset + seen) wanted = top + ROW_HEIGHT - seen;
    if (wanted !== offset) {
      const scale = this.whole <= this.height ? 1 : (this.height - seen) / (this.whole - seen);
      this.element.scrollTop = wanted * scale;
    }
    const header = this.head.querySelectorAll<HTMLElement>('.cell')[this.active.column + 1]!;
    const margin = this.head.querySelector<HTMLElement>('.index')!.offsetWidth;
    const { scrollLeft, clientWidth } = this.element;
    if (header.offsetLeft - margin < scrollLeft) this.element.scrollLeft = header.offsetLeft - margin;
    else if (header.offsetLeft + header.offsetWidth > scrollLeft + clientWidth) {
      this.element.scrollLeft = header.offsetLeft + header.offsetWidth - clientWidth;
    }
  }

  private onKey(event: KeyboardEvent): void {
    const { row, column } = this.active;
    const far = event.ctrlKey || event.metaKey;
    const to: Record<string, readonly [number, number]> = {
      ArrowUp: [row - 1, column],
      ArrowDown: [row + 1, column],
      ArrowLeft: [row, column - 1],
      ArrowRight: [row, column + 1],
      PageUp: [row - this.seenRows(), column],
      PageDown: [row + this.seenRows(), column],
      Home: [far ? 0 : row, 0],
      End: [far ? this.rows.length - 1 : row, this.columns.length - 1],
    };
    const place = to[event.key];
    if (place) this.move(...place);
    else if (event.key === 'Enter') this.showActive();
    else if (far && event.key === 'c' && !getSelection()?.toString()) void this.copyActive();
    else return;
    event.preventDefault();
  }

  private onClick(event: MouseEvent): void {
    const cell = (event.target as Element).closest('.cell');
    for (const { cells, index } of this.drawn) {
      const column = cells.findIndex((c) => c === cell);
      if (column >= 0) this.move(index, column);
    }
  }

  private activeValue(): SqlValue | undefined {
    return this.rows[this.active.row]?.[this.active.column];
  }

  private showActive(): void {
    const value = this.activeValue();
    if (value !== undefined) showValue(this.columns[this.active.column]!, value);
  }

  private async copyActive(): Promise<void> {
    const value = this.activeValue();
    if (value === undefined) return;
    await navigator.clipboard.writeText(value === null ? '' : valueText(value, Infinity));
    announce('Copied');
  }
}
