//! Light and dark: the system's preference, or what was chosen here.

/** The system's, or one of the two. */
export type Theme = 'system' | 'light' | 'dark';

const KEY = 'amphi-demo-theme';

/** What was chosen here. */
export function chosenTheme(): Theme {
  const stored = localStorage.getItem(KEY);
  return stored === 'light' || stored === 'dark' ? stored : 'system';
}

/** Shows the page in it. */
export function applyTheme(theme: Theme): void {
  document.documentElement.dataset['theme'] = theme;
}

/** Shows the page in it from now on. */
export function chooseTheme(theme: Theme): void {
  localStorage.setItem(KEY, theme);
  applyTheme(theme);
}
