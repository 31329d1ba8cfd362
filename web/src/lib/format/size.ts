const UNITS = ['byte', 'kilobyte', 'megabyte', 'gigabyte', 'terabyte'] as const;

/** `4.2 MB`. */
export function bytes(n: number, language = 'en'): string {
  let at = 0;
  let size = n;
  while (size >= 1000 && at < UNITS.length - 1) {
    size /= 1000;
    at += 1;
  }
  const digits = at === 0 || size >= 100 ? 0 : 1;
  return new Intl.NumberFormat(language, {
    style: 'unit',
    unit: UNITS[at],
    unitDisplay: 'short',
    maximumFractionDigits: digits,
  }).format(size);
}

export const number = (n: number, language = 'en'): string => new Intl.NumberFormat(language).format(n);

export const percent = (part: number, language = 'en'): string =>
  new Intl.NumberFormat(language, { style: 'percent' }).format(part);
