//! Lines and bars over a grid, drawn as SVG. What they say is in the text that a screen reader gets, and in a table elsewhere.

import { html, svg } from './dom.js';
import { compact } from './format.js';

/** Points of one colour. */
export interface Series {
  readonly name: string;
  /** A colour of CSS. */
  readonly color: string;
  /** In the order of x. NaN: nothing there. */
  readonly points: readonly (readonly [x: number, y: number])[];
}

/** What a plot is of. */
export interface PlotOptions {
  /** What a screen reader calls it. */
  readonly label: string;
  readonly kind: 'line' | 'bar';
  /** How x is written below the plot and beside the pointer. */
  readonly xText: (x: number) => string;
  readonly yText?: (y: number) => string;
  /** Where x begins and ends; where its points do otherwise. */
  readonly range?: readonly [number, number];
  /** Least that the top stands for. */
  readonly least?: number;
}

/** A plot that can be drawn again. */
export interface Plot {
  readonly element: HTMLElement;
  draw(series: readonly Series[], options: PlotOptions): void;
}

/** About the width of a name of x. */
const NAME = 80;
const EDGE = { top: 10, right: 12, bottom: 24, left: 52 };

/** Round numbers from below `low` to above `high`, about `wanted` of them. */
export function ticks(low: number, high: number, wanted: number): number[] {
  const span = high - low || Math.abs(high) || 1;
  const rough = span / Math.max(1, wanted);
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = power * ([1, 2, 5, 10].find((factor) => factor * power >= rough) ?? 10);
  const found: number[] = [];
  for (let n = Math.floor(low / step); n <= Math.ceil(high / step); n++) found.push(Number((n * step).toPrecision(12)));
  return found;
}

/** At most about two points per pixel: the lowest and highest of those that fall together. */
function thinned(points: Series['points'], width: number): Series['points'] {
  const per = Math.ceil(points.length / Math.max(1, width));
  if (per <= 2) return points;
  const kept: (readonly [number, number])[] = [];
  for (let from = 0; from < points.length; from += per) {
    const part = points.slice(from, from + per);
    const low = part.reduce((a, b) => (b[1] < a[1] ? b : a));
    const high = part.reduce((a, b) => (b[1] > a[1] ? b : a));
    kept.push(...(low[0] <= high[0] ? [low, high] : [high, low]));
  }
  return kept;
}

/** Makes a plot, empty. */
export function plot(): Plot {
  const picture = svg('svg', { role: 'img' });
  const tip = html('div', { class: 'plot-tip', hidden: true });
  const legend = html('div', { class: 'plot-legend' });
  const canvas = html('div', { class: 'plot-canvas' }, picture, tip);
  const element = html('div', { class: 'plot' }, legend, canvas);
  let shown: { series: readonly Series[]; options: PlotOptions } | undefined;
  let drawing: Drawing | undefined;

  const redraw = (): void => {
    const { clientWidth: width, clientHeight: height } = canvas;
    if (!shown || width < 80 || height < 60) return;
    drawing = new Drawing(shown.series, shown.options, width, height);
    picture.setAttribute('viewBox', `0 0 ${width} ${height}`);
    picture.setAttribute('aria-label', summary(shown.series, shown.options));
    picture.replaceChildren(...drawing.parts());
  };
  new ResizeObserver(redraw).observe(canvas);
  canvas.addEventListener('pointermove', (event) => {
    const box = canvas.getBoundingClientRect();
    const text = drawing?.textAt(event.clientX - box.left);
    tip.hidden = !text;
    if (!text) return;
    tip.replaceChildren(...text.map((line) => html('div', {}, line)));
    const x = Math.min(event.clientX - box.left + 12, box.width - tip.offsetWidth);
    tip.style.transform = `translate(${Math.max(0, x)}px, 8px)`;
  });
  canvas.addEventListener('pointerleave', () => (tip.hidden = true));
  return {
    element,
    draw(series, options) {
      shown = { series, options };
      const names = series.map(({ name, color }) => html('span', { style: `--series: ${color}` }, name));
      legend.replaceChildren(...names);
      redraw();
    },
  };
}

function summary(series: readonly Series[], { label, yText = compact }: PlotOptions): string {
  const parts = series.map(({ name, points }) => {
    const values = points.map(([, y]) => y).filter((y) => !Number.isNaN(y));
    if (values.length === 0) return `${name}: nothing yet`;
    const [low, high] = [values.reduce((a, b) => Math.min(a, b)), values.reduce((a, b) => Math.max(a, b))];
    return `${name}: from ${yText(low)} to ${yText(high)}, at the end ${yText(values.at(-1)!)}`;
  });
  return `${label}. ${parts.join('. ')}`;
}

/** A plot at one size. */
class Drawing {
  private readonly left: number;
  private readonly right: number;
  private readonly low: number;
  private readonly high: number;
  private readonly marks: readonly number[];
  private readonly xs: readonly number[];

  constructor(
    private readonly series: readonly Series[],
    private readonly options: PlotOptions,
    private readonly width: number,
    private readonly height: number,
  ) {
    let [left, right] = [Infinity, -Infinity];
    let [low, high] = [0, options.least ?? 0];
    const xs = new Set<number>();
    for (const { points } of series) {
      for (const [x, y] of points) {
        xs.add(x);
        [left, right] = [Math.min(left, x), Math.max(right, x)];
        if (!Number.isNaN(y)) [low, high] = [Math.min(low, y), Math.max(high, y)];
      }
    }
    this.xs = [...xs].sort((a, b) => a - b);
    [left, right] = options.range ?? [left, right];
    if (!Number.isFinite(left)) [left, right] = [0, 1];
    // Bars need room on both sides.
    const room = options.kind === 'bar' ? this.gap() / 2 : left === right ? 0.5 : 0;
    [this.left, this.right] = [left - room, right + room];
    this.marks = ticks(low, high || 1, Math.max(2, Math.floor(height / 56)));
    [this.low, this.high] = [this.marks[0]!, this.marks.at(-1)!];
  }

  /** The least distance of two values of x. */
  private gap(): number {
    let least = Infinity;
    for (let i = 1; i < this.xs.length; i++) least = Math.min(least, this.xs[i]! - this.xs[i - 1]!);
    return Number.isFinite(least) ? least : 1;
  }

  private x(x: number): number {
    const inner = this.width - EDGE.left - EDGE.right;
    return EDGE.left + ((x - this.left) / (this.right - this.left || 1)) * inner;
  }

  private y(y: number): number {
    const inner = this.height - EDGE.top - EDGE.bottom;
    return EDGE.top + (1 - (y - this.low) / (this.high - this.low || 1)) * inner;
  }

  parts(): SVGElement[] {
    return [...this.grid(), ...(this.options.kind === 'bar' ? this.bars() : this.lines())];
  }

  private grid(): SVGElement[] {
    const { xText, yText = compact } = this.options;
    const rows = this.marks.map((mark) =>
      svg(
        'g',
        { class: mark === 0 ? 'axis' : 'rule' },
        svg('line', { x1: EDGE.left, x2: this.width - EDGE.right, y1: this.y(mark), y2: this.y(mark) }),
        svg('text', { x: EDGE.left - 8, y: this.y(mark) + 4, 'text-anchor': 'end' }, yText(mark)),
      ),
    );
    const wanted = Math.max(2, Math.floor((this.width - EDGE.left) / (NAME * 1.5)));
    const every = Math.ceil(this.xs.length / wanted);
    const shown = this.options.range
      ? Array.from({ length: wanted + 1 }, (_, i) => this.left + ((this.right - this.left) * i) / wanted)
      : this.xs.filter((_, i) => i % every === 0);
    const names = shown.map((x) => {
      const at = this.x(x);
      const anchor =
        at < EDGE.left + NAME / 2 && this.options.kind === 'line'
          ? 'start'
          : at > this.width - NAME / 2
            ? 'end'
            : 'middle';
      return svg('text', { x: at, y: this.height - 7, 'text-anchor': anchor }, shortened(xText(x)));
    });
    return [...rows, svg('g', { class: 'names' }, ...names)];
  }

  private lines(): SVGElement[] {
    return this.series.map(({ points, color }) => {
      let path = '';
      let pen = 'M';
      for (const [x, y] of thinned(points, this.width)) {
        if (Number.isNaN(y)) pen = 'M';
        else {
          path += `${pen}${this.x(x).toFixed(1)} ${this.y(y).toFixed(1)}`;
          pen = 'L';
        }
      }
      const only = points.length === 1 ? points[0] : undefined;
      if (only) return svg('circle', { cx: this.x(only[0]), cy: this.y(only[1]), r: 3, style: `fill: ${color}` });
      return svg('path', { class: 'line', d: path, style: `stroke: ${color}` });
    });
  }

  private bars(): SVGElement[] {
    const room = (this.x(this.left + this.gap()) - this.x(this.left)) * 0.76;
    const width = Math.max(1, room / this.series.length);
    const zero = this.y(Math.max(0, this.low));
    return this.series.flatMap(({ points, color }, s) =>
      points
        .filter(([, y]) => !Number.isNaN(y))
        .map(([x, y]) =>
          svg('rect', {
            x: this.x(x) - room / 2 + s * width,
            y: Math.min(zero, this.y(y)),
            width: Math.max(0.5, width - 1),
            height: Math.abs(this.y(y) - zero),
            rx: Math.min(3, width / 4),
            style: `fill: ${color}`,
          }),
        ),
    );
  }

  /** What is at a place: x, and y of each series. */
  textAt(pixel: number): string[] | undefined {
    const { xText, yText = compact } = this.options;
    let nearest: number | undefined;
    for (const x of this.xs) {
      if (nearest === undefined || Math.abs(this.x(x) - pixel) < Math.abs(this.x(nearest) - pixel)) nearest = x;
    }
    if (nearest === undefined) return undefined;
    const values = this.series.flatMap(({ name, points }) => {
      const y = points.find(([x]) => x === nearest)?.[1];
      return y === undefined || Number.isNaN(y) ? [] : [`${name}: ${yText(y)}`];
    });
    return values.length === 0 ? undefined : [xText(nearest), ...values];
  }
}

function shortened(text: string): string {
  return text.length <= 12 ? text : `${text.slice(0, 11)}…`;
}
