/** How the page looks: as the system does, or as was chosen by hand. */
export type Theme = 'system' | 'light' | 'dark';

const key = 'theme';

/** The theme that was chosen. */
export function chosenTheme(): Theme {
  const kept = localStorage.getItem(key);
  return kept === 'light' || kept === 'dark' ? kept : 'system';
}

/** Puts the chosen theme, or another one from now on, to work. */
export function applyTheme(theme: Theme = chosenTheme()): void {
  localStorage.setItem(key, theme);
  document.documentElement.dataset.theme = theme;
}
