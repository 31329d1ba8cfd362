// Light, dark, or as the device says. Kept in this browser only.
export type Theme = 'system' | 'light' | 'dark';

const KEY = 'ourphoto.theme';

function kept(): Theme {
  try {
    const value = localStorage.getItem(KEY);
    return value === 'light' || value === 'dark' ? value : 'system';
  } catch {
    return 'system';
  }
}

class Appearance {
  theme = $state<Theme>('system');

  start(): void {
    this.set(kept());
  }

  set(theme: Theme): void {
    this.theme = theme;
    if (theme === 'system') delete document.documentElement.dataset.theme;
    else document.documentElement.dataset.theme = theme;
    try {
      localStorage.setItem(KEY, theme);
    } catch {
      // A browser that keeps nothing shows the device's theme next time.
    }
  }
}

export const appearance = new Appearance();
