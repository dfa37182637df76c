//! The page's icons: strokes on a grid of 24, in the colour of the text around them.

import { svg } from './dom.js';

const PATHS = {
  play: 'M8 5.5v13l10-6.5z',
  tree: 'M5 4v14a2 2 0 0 0 2 2h4M5 11h6M14 8h6v6h-6zM14 17h6v5h-6z',
  clock: 'M12 7v5l3 2M12 3a9 9 0 1 0 0 18a9 9 0 0 0 0-18',
  upload: 'M12 16V5M7.5 9 12 4.5 16.5 9M5 19h14',
  seed: 'M12 20v-8M12 12c0-4 2.5-7 7-7 0 4-2.5 7-7 7M12 14c0-3-2-5.5-6-5.5 0 3.5 2.5 5.5 6 5.5',
  reload: 'M19 12a7 7 0 1 1-2.2-5.1M17 3v4h-4',
  sun: 'M12 8a4 4 0 1 0 0 8a4 4 0 0 0 0-8M12 3v1.5M12 19.5V21M3 12h1.5M19.5 12H21M5.6 5.6l1 1M17.4 17.4l1 1M5.6 18.4l1-1M17.4 6.6l1-1',
  moon: 'M19.5 14.5A8 8 0 0 1 9.5 4.5a8 8 0 1 0 10 10',
  screen: 'M4 5h16v11H4zM9 20h6M12 16v4',
  close: 'M6 6l12 12M18 6 6 18',
  stop: 'M7 7h10v10H7z',
  trash: 'M5 7h14M10 7V4h4v3M7 7l1 13h8l1-13',
  tabs: 'M4 8h11v11H4zM9 8V4h11v11h-5',
} as const;

/** An icon, which a screen reader passes over. */
export function icon(name: keyof typeof PATHS): SVGSVGElement {
  return svg('svg', { class: 'icon', viewBox: '0 0 24 24', 'aria-hidden': 'true' }, svg('path', { d: PATHS[name] }));
}
