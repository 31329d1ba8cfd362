import { count } from './plural';

export const work = {
  title: 'Work',
  text: 'What the server does by itself: previews, what it reads out of files, and messages that it sends.',
  running: 'Running',
  due: 'Waiting',
  later: 'Waiting for their time',
  failed: 'Given up',
  givenUp: 'Given up',
  none: 'Nothing was given up. What fails is tried again by itself, later and later, before it is listed here.',
  kinds: { media: 'Preview of' } as Record<string, string>,
  tries: (n: number, when: string) => `tried ${count(n, 'time', 'times')}, given up ${when}`,
  againOne: (name: string) => `Try again: ${name}`,
  againAll: 'Try all again',
  begun: (n: number) => `${count(n, 'job is', 'jobs are')} tried again`,
  elsewhere: (n: number) =>
    `${count(n, 'other job was', 'other jobs were')} given up that are about nothing you manage: messages, or photos of other spaces.`,
  forManagers: 'The work of the server is shown to whoever manages a space.',
  link: 'Work of the server',
};
