/** What actions begin with. */
export const kinds = [
  'asset',
  'album',
  'member',
  'invitation',
  'session',
  'token',
  'factor',
  'recovery',
  'device',
  'copy',
  'space',
] as const;
