//! The answer of EXPLAIN FORMAT=JSON as a tree: one card per operator, those that feed it below.

import { html } from './dom.js';
import { count, duration } from './format.js';

/** An operator as the engine tells it; what it did is known after EXPLAIN ANALYZE only. */
interface Operator {
  readonly operator: string;
  readonly estimated_rows?: number;
  readonly rows?: number;
  readonly calls?: number;
  readonly milliseconds?: number;
  readonly block_misses?: number;
  readonly blocks_skipped?: number;
  readonly inputs?: readonly Operator[];
}

/** The operators of a plan's document, or `undefined` if it is none. */
export function planOf(document: unknown): readonly Operator[] | undefined {
  if (typeof document !== 'string' || !document.startsWith('{"plan"')) return undefined;
  try {
    return (JSON.parse(document) as { plan: readonly Operator[] }).plan;
  } catch {
    return undefined;
  }
}

/** The placement that an operator names behind its table: `orders (persistent)`, `o (orders, dual, read from memory)`. */
const PLACEMENT = /^([^:(]*)\((?:([^():,]+), )?(memory|persistent|dual)(?:, read from memory)?\)(.*)$/s;

/** Makes the tree. */
export function planTree(plan: readonly Operator[]): HTMLElement {
  const most = plan.reduce((sum, { milliseconds = 0 }) => sum + milliseconds, 0);
  return html(
    'div',
    { class: 'plan', tabindex: 0, role: 'group', 'aria-label': 'Plan of the query' },
    list(plan, most),
  );
}

function list(operators: readonly Operator[], most: number): HTMLElement {
  return html(
    'ul',
    {},
    ...operators.map((operator) =>
      html('li', {}, card(operator, most), operator.inputs && list(operator.inputs, most)),
    ),
  );
}

/** Its time without that of its inputs. */
function ownTime({ milliseconds = 0, inputs = [] }: Operator): number {
  return Math.max(0, milliseconds - inputs.reduce((sum, input) => sum + (input.milliseconds ?? 0), 0));
}

function card(operator: Operator, most: number): HTMLElement {
  const {
    estimated_rows: estimated,
    rows,
    calls,
    milliseconds,
    block_misses: misses,
    blocks_skipped: skipped,
  } = operator;
  const placed = PLACEMENT.exec(operator.operator);
  const title = placed ? `${placed[1]!.trim()}${placed[2] ? ` (${placed[2]})` : ''}${placed[4]!}` : operator.operator;
  const [name, ...rest] = title.split(': ');
  const facts: (HTMLElement | false)[] = [
    rows !== undefined && fact('rows', count(rows), 'real'),
    calls !== undefined && fact('calls', count(calls), 'real'),
    estimated !== undefined && fact('estimated', count(estimated), isFarOff(estimated, rows) ? 'far' : ''),
    milliseconds !== undefined && fact('time', duration(milliseconds), ''),
    misses !== undefined && misses > 0 && fact('block misses', count(misses), 'far'),
    skipped !== undefined && skipped > 0 && fact('blocks skipped', count(skipped), ''),
  ];
  const share = most > 0 && milliseconds !== undefined ? ownTime(operator) / most : undefined;
  return html(
    'div',
    { class: 'operator' },
    html(
      'div',
      { class: 'operator-name' },
      html('strong', {}, name!),
      placed && html('span', { class: `badge ${placed[3]!}` }, placed[3]!),
    ),
    rest.length > 0 && html('div', { class: 'operator-detail' }, rest.join(': ')),
    html('div', { class: 'facts' }, ...facts),
    share !== undefined &&
      html(
        'div',
        { class: 'share', title: `${duration(ownTime(operator))} of its own: ${Math.round(share * 100)} % of all` },
        html('div', { style: `width: ${(share * 100).toFixed(1)}%` }),
      ),
  );
}

/** Whether the optimizer was wrong by more than ten times. */
function isFarOff(estimated: number, rows: number | undefined): boolean {
  if (rows === undefined) return false;
  const [low, high] = [Math.max(1, Math.min(estimated, rows)), Math.max(estimated, rows)];
  return high / low > 10;
}

function fact(name: string, value: string, kind: string): HTMLElement {
  return html('span', { class: `fact ${kind}` }, `${name} `, html('b', {}, value));
}
