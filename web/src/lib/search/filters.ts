// Facets as filters that can be typed: what is clicked is what could have been written.
export type FacetKind =
  | 'types'
  | 'kinds'
  | 'years'
  | 'cameras'
  | 'lenses'
  | 'places'
  | 'people'
  | 'tiers'
  | 'ratings'
  | 'keywords'
  | 'missing';

/** In the order in which they are shown. */
export const FACETS: FacetKind[] = [
  'types',
  'kinds',
  'years',
  'cameras',
  'lenses',
  'places',
  'people',
  'ratings',
  'keywords',
  'tiers',
  'missing',
];

const quoted = (word: string): string => {
  const plain = word.replaceAll('"', '');
  return /\s/.test(plain) ? `"${plain}"` : plain;
};

export function filterOf(kind: FacetKind, name: string): string {
  switch (kind) {
    case 'types':
      return `type:${name}`;
    case 'kinds':
      return `kind:${name}`;
    case 'years':
      return `on:${name}`;
    case 'cameras':
      return `camera:${quoted(name)}`;
    case 'lenses':
      return `lens:${quoted(name)}`;
    case 'places':
      return name === 'no' ? '-has:place' : 'has:place';
    case 'people':
      return `by:${quoted(name)}`;
    case 'tiers':
      return `tier:${name}`;
    case 'ratings':
      return `rating:${name === '-1' ? 'rejected' : name}`;
    case 'keywords':
      return `keyword:${quoted(name)}`;
    case 'missing':
      return `missing:${quoted(name)}`;
  }
}

/** The words of a question; what is in quotes is one. */
const wordsOf = (q: string): string[] => q.match(/(?:[^\s"]|"[^"]*"?)+/g) ?? [];

/** Whether a question has this very filter. */
export const includes = (q: string, filter: string): boolean => wordsOf(q).includes(filter);

/** The question with a filter, or without it if it was there. */
export function toggled(q: string, filter: string): string {
  const words = wordsOf(q);
  const others = words.filter((word) => word !== filter);
  return (others.length < words.length ? others : [...words, filter]).join(' ');
}
