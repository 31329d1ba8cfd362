import { count } from './plural';

export const devices = {
  title: 'Devices',
  text: 'Phones, laptops and card readers of yours that send photos in, and what each still owes.',
  empty: 'No device reports here yet',
  emptyText:
    'A program that sends photos by itself adds itself here, and says what it still owes. Until one does, photos come in by any browser, on phones too, and from a computer by a command.',
  command: 'From a computer with the ourphoto program',
  anySpace: 'SPACE',
  kind: {
    phone: 'Phone',
    tablet: 'Tablet',
    computer: 'Computer',
    'card-reader': 'Card reader',
    other: 'Device',
  },
  seen: (when: string) => `last reported ${when}`,
  added: (when: string) => `added ${when}`,
  never: 'Has not reported yet',
  unknown: 'Does not say what it owes',
  even: 'When it last reported, nothing waited on it',
  waiting: (n: number, size: string, since: string) =>
    `${count(n, 'file waits', 'files wait')} on it${size ? `, ${size}` : ''}${since ? `, the oldest from ${since}` : ''}`,
  note: (text: string) => `It says: ${text}`,
  remove: 'Forget',
  removeOne: (name: string) => `Forget ${name}`,
  removeTitle: (name: string) => `Forget “${name}”?`,
  removeText: 'It is let in no more, at once. Photos that it sent stay. It can be connected again.',
  removeBehind: (n: number) =>
    `${count(n, 'file waits', 'files wait')} on it and will not come in by itself. It is let in no more, at once. Photos that it sent stay.`,
  removed: (name: string) => `“${name}” is let in no more`,
  programs: 'Programs that may upload',
  programsText: 'Each has a token. Tokens are made, and browsers signed out, under',
  account: 'Account',
  revoke: 'Revoke',
  revokeTitle: (name: string) => `Revoke “${name}”?`,
  revokeText: 'The program with this token is let in no more, at once. Photos that it sent stay.',
  home: 'Devices',
  homeAll: 'All devices',
  homeNone: 'No device reports here yet. Photos come in by any browser, and by programs that you let in.',
};
