/** `2,000`: English is written here, and asking the browser how it writes numbers costs more than the rest of the page's texts. */
export const number = (n: number): string => String(n).replace(/\B(?=(\d{3})+$)/g, ',');

/** `1 photo`, `2,000 photos`. */
export const count = (n: number, one: string, many: string): string => `${number(n)} ${n === 1 ? one : many}`;
