// Facets as filters that can be typed: what is clicked is what could have been written.
export type FacetKind = 'types' | 'years' | 'cameras' | 'ratings' | 'keywords';

const quoted = (word: string): string => {
  const plain = word.replaceAll('"', '');
  return /\s/.test(plain) ? `"${plain}"` : plain;
};

export function filterOf(kind: FacetKind, name: string): string {
  switch (kind) {
    case 'types':
      return `type:${name}`;
    case 'years':
      return `on:${name}`;
    case 'cameras':
      return `camera:${quoted(name)}`;
    case 'ratings':
      return `rating:${name === '-1' ? 'rejected' : name}`;
    case 'keywords':
      return `keyword:${quoted(name)}`;
  }
}

/** The question with a filter, or without it if it was there. */
export function toggled(q: string, filter: string): string {
  if (q.includes(filter)) return q.replace(filter, '').replace(/\s+/g, ' ').trim();
  return `${q.trim()} ${filter}`.trim();
}
