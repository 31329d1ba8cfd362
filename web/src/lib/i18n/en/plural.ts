const number = new Intl.NumberFormat('en');

/** `1 photo`, `2,000 photos`. */
export const count = (n: number, one: string, many: string): string =>
  `${number.format(n)} ${n === 1 ? one : many}`;
