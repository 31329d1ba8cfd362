// Days on which a review is due: a whole day by the clock here, so that it is overdue when the day is over.

/** `2026-11-23`, as a field for dates has it. */
export function dayField(time: number | string): string {
  const at = new Date(time);
  const two = (n: number) => String(n).padStart(2, '0');
  return `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())}`;
}

export const endOfDay = (field: string): number => new Date(`${field}T23:59:59`).getTime();
