// What a review found, as it was put on record; read with care, for an older server may have kept it otherwise.
export interface Found {
  text: string;
  ticked: boolean;
  evidence: string[];
  well: boolean | null;
}

const list = (value: unknown): unknown[] => (Array.isArray(value) ? value : []);
const record = (value: unknown): Record<string, unknown> =>
  typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};

export function foundIn(evidence: unknown): Found[] {
  const { points, ticked, seen } = record(evidence);
  return list(points).map((text, at) => {
    const { lines, well } = record(list(seen)[at]);
    return {
      text: String(text),
      ticked: list(ticked)[at] === true,
      evidence: list(lines).map(String),
      well: typeof well === 'boolean' ? well : null,
    };
  });
}
