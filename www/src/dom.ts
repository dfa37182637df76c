//! Making elements.

type Child = Node | string | null | undefined | false;
type Listener = (event: never) => void;

/** Attributes by name; `true` is one without a value, `false` and `undefined` are left out, a function listens to the event `on…`. */
export type Attributes = Record<string, string | number | boolean | Listener | undefined>;

function set(made: Element, attributes: Attributes, children: Child[]): void {
  for (const [name, value] of Object.entries(attributes)) {
    if (value === undefined || value === false) continue;
    if (typeof value === 'function') made.addEventListener(name.slice(2), value as EventListener);
    else made.setAttribute(name, value === true ? '' : String(value));
  }
  for (const child of children) if (child !== null && child !== undefined && child !== false) made.append(child);
}

/** A new HTML element. */
export function html<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  attributes: Attributes = {},
  ...children: Child[]
): HTMLElementTagNameMap[K] {
  const made = document.createElement(tag);
  set(made, attributes, children);
  return made;
}

/** A new SVG element. */
export function svg<K extends keyof SVGElementTagNameMap>(
  tag: K,
  attributes: Attributes = {},
  ...children: Child[]
): SVGElementTagNameMap[K] {
  const made = document.createElementNS('http://www.w3.org/2000/svg', tag);
  set(made, attributes, children);
  return made;
}

/** An element of the page's skeleton. */
export function byId(id: string): HTMLElement {
  const found = document.getElementById(id);
  if (!found) throw new Error(`the page has no #${id}`);
  return found;
}

let identifiers = 0;

/** An identifier that no other element has. */
export function newId(prefix: string): string {
  identifiers += 1;
  return `${prefix}-${identifiers}`;
}

/** Tells a screen reader something that is to be seen elsewhere. */
export function announce(text: string): void {
  byId('announcer').textContent = text;
}
