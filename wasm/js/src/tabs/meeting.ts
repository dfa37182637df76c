//! How the owner of a database and the other tabs find each other.
//!
//! All listen to the channel of the database. A tab says `hello`; the owner answers on the channel of that tab, whose name is
//! also that of a Web Lock that the tab holds as long as it lives. A new owner says that it is one, and then
//! every tab says `hello` to it. What is said before somebody listens is lost, and said again by whoever comes later.

import { browserName } from '../store/indexed-db.js';
import type { Failure } from '../remote/protocol.js';

/** On the channel of a database. */
export type Notice =
  | { readonly kind: 'hello'; readonly tab: string; readonly protocol: number }
  | { readonly kind: 'owner'; readonly owner: string };

/** From the owner on the channel of a tab, before and after what the protocol says. */
export type Reception =
  | { readonly kind: 'welcome'; readonly owner: string }
  /** It does not serve others. */
  | { readonly kind: 'refused'; readonly failure: Failure }
  /** It has answered all that it will ever answer; the rest was not begun. */
  | { readonly kind: 'closed'; readonly owner: string };

/** The channel of a database. */
export function noticeBoard(name: string): BroadcastChannel {
  return new BroadcastChannel(browserName(name));
}

/** The channel and the lock of a tab. */
export function tabName(tab: string): string {
  return `amphi-tab:${tab}`;
}
