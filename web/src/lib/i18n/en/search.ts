import { count } from './plural';

export const search = {
  title: 'Search',
  label: 'Search photos',
  placeholder: 'Words, a camera, a place, a year…',
  everywhere: 'In all spaces',
  found: (n: number, all: boolean) =>
    all ? count(n, 'photo', 'photos') : `more than ${count(n, 'photo', 'photos')}`,
  nothing: 'Nothing found',
  nothingText: 'Try fewer words, or take a filter away. The last word may be unfinished.',
  filters: 'Filters',
  clear: 'Clear all',
  types: 'Type',
  years: 'Year',
  cameras: 'Camera',
  ratings: 'Rating',
  keywords: 'Keyword',
  rejected: 'Rejected',
  unrated: 'Unrated',
  withPlace: 'With a place',
  helpTitle: 'What can be searched',
  help: [
    ['beach sunset', 'words of titles, captions, keywords, names and places'],
    ['-dog', 'what must not be there'],
    ['camera:x100 lens:35', 'camera and lens'],
    ['on:2024-05', 'a day, a month or a year'],
    ['since:2023 before:2024-07', 'a span of time'],
    ['rating:4+ type:video', 'stars and type'],
    ['keyword:wedding album:miller', 'keywords and albums'],
    ['has:place', 'with a place'],
    ['approval:waiting', 'what waits for approval'],
  ],
};
