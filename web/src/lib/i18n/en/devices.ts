import { count } from './plural';

export const devices = {
  title: 'Devices',
  text: 'Your phones, laptops and card readers that upload photos, and what is still to be uploaded.',
  empty: 'No devices connected yet',
  emptyText:
    'A program that uploads photos automatically appears here and reports what is still to be uploaded. Until then, you can upload from any browser, also on a phone, or from a computer with a command.',
  command: 'From a computer with the ourphoto program',
  anySpace: 'SPACE',
  kind: {
    phone: 'Phone',
    tablet: 'Tablet',
    computer: 'Computer',
    'card-reader': 'Card reader',
    other: 'Device',
  },
  seen: (when: string) => `last report ${when}`,
  added: (when: string) => `added ${when}`,
  never: 'No report yet',
  unknown: 'Does not report what is still to be uploaded',
  even: 'Nothing left to upload as of its last report',
  waiting: (n: number, size: string, since: string) =>
    `${count(n, 'file', 'files')} still to be uploaded${size ? `, ${size}` : ''}${since ? `, the oldest from ${since}` : ''}`,
  note: (text: string) => `Status: ${text}`,
  remove: 'Remove',
  removeOne: (name: string) => `Remove ${name}`,
  removeTitle: (name: string) => `Remove “${name}”?`,
  removeText:
    'It loses access immediately. Photos that it uploaded stay, and you can connect it again later.',
  removeBehind: (n: number) =>
    `${count(n, 'file', 'files')} on it will not be uploaded automatically. It loses access immediately. Photos that it uploaded stay.`,
  removed: (name: string) => `“${name}” no longer has access`,
  programs: 'Programs that can upload',
  programsText: 'Each has its own token. To create tokens or sign out browsers, go to',
  account: 'Account',
  revoke: 'Revoke',
  revokeTitle: (name: string) => `Revoke “${name}”?`,
  revokeText: 'The program with this token loses access immediately. Photos that it uploaded stay.',
  home: 'Devices',
  homeAll: 'All devices',
  homeNone:
    'No devices connected yet. You can upload from any browser, or with programs that you give access.',
};
