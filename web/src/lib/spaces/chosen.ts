// Which space was looked at last, kept in this browser.
const KEY = 'ourphoto.space';

export function chosen(): string {
  try {
    return localStorage.getItem(KEY) ?? '';
  } catch {
    // Nothing was kept: the first one it is.
    return '';
  }
}

export function keep(id: string): void {
  try {
    localStorage.setItem(KEY, id);
  } catch {
    // Chosen until the page is closed.
  }
}
