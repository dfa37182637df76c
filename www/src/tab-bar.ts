//! The parts of the page: a list of tabs, as the ARIA practices describe it (arrow keys, Home, End).

import { html } from './dom.js';

/** A part of the page. */
export interface Part {
  readonly id: string;
  readonly title: string;
  readonly panel: HTMLElement;
  /** Called whenever it comes to be seen. */
  readonly shown?: () => void;
  /** Called when another one is seen in its place. */
  readonly hidden?: () => void;
}

/** The tabs and their panels. */
export class TabBar {
  private readonly tabs = new Map<string, HTMLButtonElement>();
  private current: Part | undefined;

  constructor(
    bar: HTMLElement,
    private readonly parts: readonly Part[],
  ) {
    const list = html('div', { role: 'tablist', class: 'tabs', 'aria-label': 'Parts of the page' });
    for (const part of parts) {
      const tab = html(
        'button',
        {
          type: 'button',
          role: 'tab',
          id: `tab-${part.id}`,
          'aria-controls': `panel-${part.id}`,
          tabindex: -1,
          onclick: () => this.show(part.id),
        },
        part.title,
      );
      part.panel.id = `panel-${part.id}`;
      part.panel.setAttribute('role', 'tabpanel');
      part.panel.setAttribute('aria-labelledby', tab.id);
      part.panel.classList.add('panel');
      part.panel.hidden = true;
      this.tabs.set(part.id, tab);
      list.append(tab);
    }
    list.addEventListener('keydown', (event) => this.onKey(event));
    bar.append(list);
  }

  /** The one that is seen. */
  get shown(): string | undefined {
    return this.current?.id;
  }

  /** Shows a part; what is no part shows the first one. */
  show(id: string): void {
    const part = this.parts.find((part) => part.id === id) ?? this.parts[0];
    if (!part || part === this.current) return;
    const before = this.current;
    this.current = part;
    for (const { id, panel } of this.parts) {
      const selected = id === part.id;
      panel.hidden = !selected;
      const tab = this.tabs.get(id)!;
      tab.setAttribute('aria-selected', String(selected));
      tab.tabIndex = selected ? 0 : -1;
    }
    this.tabs.get(part.id)!.scrollIntoView({ block: 'nearest', inline: 'nearest' });
    history.replaceState(null, '', `#${part.id}`);
    before?.hidden?.();
    part.shown?.();
  }

  /** Takes a tab out of the bar or puts it back. */
  offer(id: string, offered: boolean): void {
    const tab = this.tabs.get(id);
    if (tab) tab.hidden = !offered;
    if (!offered && this.current?.id === id) this.show(this.parts.find((part) => part.id !== id)?.id ?? id);
  }

  private onKey(event: KeyboardEvent): void {
    const offered = this.parts.filter((part) => !this.tabs.get(part.id)!.hidden);
    const at = offered.findIndex((part) => part === this.current);
    const last = offered.length - 1;
    const to = { ArrowLeft: at === 0 ? last : at - 1, ArrowRight: at === last ? 0 : at + 1, Home: 0, End: last }[
      event.key
    ];
    const part = to === undefined ? undefined : offered[to];
    if (!part) return;
    event.preventDefault();
    this.show(part.id);
    this.tabs.get(part.id)!.focus();
  }
}
